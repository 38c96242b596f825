/* The floor of a pull: fetches layers over plain HTTP with libcurl, hashes and writes them, and does nothing else that a puller does.
 *
 * usage: pull_floor JOBS HASH SYNC FOLDER URL...
 * HASH: inline (on the thread that receives), thread (on a second one, behind a ring of four buffers) or none. SYNC: 1 for an fsync of each
 * file. Each of JOBS threads has one libcurl handle and takes the next URL, whose last part (sha256:HEX) is what must come. */
#define _GNU_SOURCE
#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 512 << 10, RING = 4 };

static int jobs, hash_mode, wants_sync, url_count, next_url;
static const char *folder;
static char **urls;
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

struct layer {
    int file;
    EVP_MD_CTX *digest;
    char *ring[RING];
    size_t filled[RING];
    unsigned head, tail;
    int is_whole;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

static void die(const char *what)
{
    fprintf(stderr, "pull_floor: %s\n", what);
    exit(1);
}

static void *hash_ring(void *argument)
{
    struct layer *layer = argument;
    pthread_mutex_lock(&layer->mutex);
    for (;;) {
        while (layer->head == layer->tail && !layer->is_whole)
            pthread_cond_wait(&layer->changed, &layer->mutex);
        if (layer->head == layer->tail)
            break;
        unsigned slot = layer->tail % RING;
        pthread_mutex_unlock(&layer->mutex);
        EVP_DigestUpdate(layer->digest, layer->ring[slot], layer->filled[slot]);
        pthread_mutex_lock(&layer->mutex);
        layer->filled[slot] = 0;
        layer->tail++;
        pthread_cond_signal(&layer->changed);
    }
    pthread_mutex_unlock(&layer->mutex);
    return NULL;
}

/* Hands the buffer that is being filled to the other thread, and waits for a free one. */
static void hand_over(struct layer *layer)
{
    pthread_mutex_lock(&layer->mutex);
    layer->head++;
    pthread_cond_signal(&layer->changed);
    while (layer->head - layer->tail == RING)
        pthread_cond_wait(&layer->changed, &layer->mutex);
    pthread_mutex_unlock(&layer->mutex);
}

static size_t receive(char *bytes, size_t size, size_t count, void *context)
{
    struct layer *layer = context;
    size_t total = size * count;
    for (size_t done = 0; done < total;) {
        ssize_t written = write(layer->file, bytes + done, total - done);
        if (written < 0)
            return 0;
        done += (size_t)written;
    }
    if (hash_mode == 1)
        EVP_DigestUpdate(layer->digest, bytes, total);
    for (size_t done = 0; hash_mode == 2 && done < total;) {
        unsigned slot = layer->head % RING;
        size_t part = PIECE - layer->filled[slot];
        if (part > total - done)
            part = total - done;
        memcpy(layer->ring[slot] + layer->filled[slot], bytes + done, part);
        layer->filled[slot] += part;
        done += part;
        if (layer->filled[slot] == PIECE)
            hand_over(layer);
    }
    return total;
}

static void fetch(CURL *curl, const char *url, struct layer *layer)
{
    const char *name = strrchr(url, '/') + 1;
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    layer->file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (layer->file < 0)
        die("cannot write");
    layer->head = layer->tail = 0;
    layer->is_whole = 0;
    memset(layer->filled, 0, sizeof layer->filled);
    EVP_DigestInit_ex(layer->digest, EVP_sha256(), NULL);
    pthread_t hasher;
    if (hash_mode == 2)
        pthread_create(&hasher, NULL, hash_ring, layer);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(curl);
    if (code != CURLE_OK)
        die(curl_easy_strerror(code));
    if (hash_mode == 2) {
        pthread_mutex_lock(&layer->mutex);
        if (layer->filled[layer->head % RING] > 0)
            layer->head++;
        layer->is_whole = 1;
        pthread_cond_signal(&layer->changed);
        pthread_mutex_unlock(&layer->mutex);
        pthread_join(hasher, NULL);
    }
    unsigned char digest[32];
    EVP_DigestFinal_ex(layer->digest, digest, NULL);
    char text[72] = "sha256:";
    for (int byte = 0; byte < 32; byte++)
        snprintf(text + 7 + 2 * byte, 3, "%02x", digest[byte]);
    if (hash_mode != 0 && strncmp(name, "sha256:", 7) == 0 && strcmp(name, text) != 0)
        die("wrong bytes");
    if (wants_sync && fsync(layer->file) != 0)
        die("cannot sync");
    close(layer->file);
}

static void *work(void *unused)
{
    (void)unused;
    struct layer layer = { .digest = EVP_MD_CTX_new(), .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    for (int slot = 0; hash_mode == 2 && slot < RING; slot++)
        layer.ring[slot] = malloc(PIECE);
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)PIECE);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &layer);
    for (;;) {
        pthread_mutex_lock(&turn);
        int index = next_url++;
        pthread_mutex_unlock(&turn);
        if (index >= url_count)
            break;
        fetch(curl, urls[index], &layer);
    }
    curl_easy_cleanup(curl);
    EVP_MD_CTX_free(layer.digest);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: %s JOBS inline|thread|none SYNC FOLDER URL...\n", argv[0]);
        return 2;
    }
    jobs = atoi(argv[1]);
    hash_mode = strcmp(argv[2], "inline") == 0 ? 1 : strcmp(argv[2], "thread") == 0 ? 2 : 0;
    wants_sync = atoi(argv[3]);
    folder = argv[4];
    urls = argv + 5;
    url_count = argc - 5;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    pthread_t threads[64];
    if (jobs < 1 || jobs > 64)
        die("JOBS is 1 to 64");
    for (int job = 0; job < jobs; job++)
        pthread_create(&threads[job], NULL, work, NULL);
    for (int job = 0; job < jobs; job++)
        pthread_join(threads[job], NULL);
    return 0;
}
