/* The front of a puller: asks Tabard for the credentials of an image, shows them to the registry with libcurl, and prints the digest of the
 * manifest that they open. When the registry says 401 it reports that and asks once more, as every puller should.
 *
 *   cc -std=c11 puller.c -o puller $(pkg-config --cflags --libs tabard libcurl)
 *   ./puller http registry.example.com team/app 1.0 [CONFIG.json]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <tabard_host.h>

enum { MOST = 16, LONGEST = 8192 };

typedef struct login {
    uint64_t id;
    char username[LONGEST];
    char password[LONGEST];
    char source[LONGEST];
} login;

typedef struct logins {
    login all[MOST];
    size_t count;
} logins;

static tabard_str str(const char *text)
{
    tabard_str result = {text, strlen(text)};
    return result;
}

/* Whether it fits: an entry cut short would be another password. */
static int copy(char *to, tabard_str from)
{
    if (from.len >= LONGEST) return 0;
    if (from.len > 0) memcpy(to, from.ptr, from.len);
    to[from.len] = 0;
    return 1;
}

static void take_entry(void *data, const tabard_entry_v1 *entry)
{
    logins *found = data;
    if (found->count == MOST || entry->kind != TABARD_ENTRY_BASIC) return;
    login *next = &found->all[found->count];
    if (!copy(next->username, entry->username) || !copy(next->password, entry->password) || !copy(next->source, entry->source)) return;
    next->id = entry->id;
    found->count++;
}

static void take_problem(void *data, const tabard_problem_v1 *problem)
{
    (void)data;
    fprintf(stderr, "%.*s\n", (int)problem->message.len, problem->message.ptr);
}

static tabard_sink_v1 sink(logins *found)
{
    tabard_sink_v1 result = {0};
    result.struct_size = sizeof result;
    result.data = found;
    result.entry = take_entry;
    result.problem = take_problem;
    return result;
}

static tabard_status resolve(tabard_handle *tabard, const char *image, logins *found)
{
    tabard_query_v1 query = {0};
    query.struct_size = sizeof query;
    query.image = str(image);
    query.cancel_fd = -1;
    tabard_secure_zero(found, sizeof *found);
    tabard_sink_v1 answers = sink(found);
    return tabard_resolve_v1(tabard, &query, &answers);
}

static size_t take_header(char *line, size_t size, size_t count, void *digest)
{
    static const char name[] = "docker-content-digest: ";
    if (size * count > sizeof name && curl_strnequal(line, name, sizeof name - 1)) {
        size_t length = strcspn(line + sizeof name - 1, "\r\n");
        if (length < 256) memcpy(digest, line + sizeof name - 1, length);
    }
    return size * count;
}

/* The registry's status; 0 when there was no answer. */
static long ask(CURL *curl, const char *url, const login *with, char digest[256])
{
    long status = 0;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, digest);
    if (with) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, with->username);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, with->password);
    }
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/vnd.oci.image.manifest.v1+json");
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (curl_easy_perform(curl) == CURLE_OK) curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return status;
}

/* Tries what Tabard gives for the image, and once more what it gives for what was refused. */
static int pull(tabard_handle *tabard, CURL *curl, const char *image, const char *url)
{
    static logins found;
    int ending = 1;
    for (int round = 0; round < 2 && ending == 1; round++) {
        tabard_status status = resolve(tabard, image, &found);
        if (status != TABARD_OK) return status == TABARD_E_DENIED ? 3 : 4;
        int is_worth_asking = 0;
        for (size_t i = 0; i < found.count || (i == 0 && found.count == 0); i++) {
            const login *with = found.count > 0 ? &found.all[i] : NULL;
            char digest[256] = {0};
            long answer = ask(curl, url, with, digest);
            if (answer == 200) {
                printf("%s@%s (%s)\n", image, digest, with ? with->source : "anonymous");
                ending = 0;
                break;
            }
            fprintf(stderr, "%s: HTTP %ld with %s\n", image, answer, with ? with->source : "no credentials");
            if (answer == 401 && with && tabard_invalidate_v1(tabard, with->id) == TABARD_OK) is_worth_asking = 1;
        }
        if (!is_worth_asking) break;
    }
    tabard_secure_zero(&found, sizeof found);
    return ending;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: puller http|https REGISTRY REPOSITORY TAG [CONFIG.json]\n");
        return 2;
    }
    char image[1024], url[1024];
    snprintf(image, sizeof image, "%s/%s:%s", argv[2], argv[3], argv[4]);
    snprintf(url, sizeof url, "%s://%s/v2/%s/manifests/%s", argv[1], argv[2], argv[3], argv[4]);

    tabard_open_options_v1 options = {0};
    options.struct_size = sizeof options;
    options.application = str("embed-c/1.0");
    if (argc > 5) options.config_path = str(argv[5]);
    tabard_sink_v1 problems = sink(NULL);
    tabard_handle *tabard = NULL;
    if (tabard_open_v1(&options, &problems, &tabard) != TABARD_OK) return 2;

    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *curl = curl_easy_init();
    int ending = curl ? pull(tabard, curl, image, url) : 1;
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    tabard_close_v1(tabard);
    return ending;
}
