/* One HTTPS POST in the two ways that docs/decisions/0004-tls.md compares, as small as each can be: what a client in any language pays.
 *
 * usage: tls curl|openssl HOST PORT CA-DIRECTORY|CA-FILE
 *
 * Both libraries are opened with dlopen(RTLD_LAZY), as Tabard opens them; both check the certificate against a directory with hash links, or
 * a bundle when CA is a file, and the name HOST; both read the whole answer. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const char body[] = "grant_type=client_credentials&client_id=00000000-0000-0000-0000-000000000000";

static void *library(const char *name)
{
    void *handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) {
        fprintf(stderr, "tls: %s\n", dlerror());
        exit(1);
    }
    return handle;
}

static size_t swallow(char *bytes, size_t size, size_t count, void *total)
{
    (void)bytes;
    *(size_t *)total += size * count;
    return size * count;
}

static int with_curl(const char *host, const char *port, const char *ca, int is_directory)
{
    void *curl = library("libcurl.so.4");
    CURLcode (*global)(long) = (CURLcode (*)(long))dlsym(curl, "curl_global_init");
    CURL *(*init)(void) = (CURL * (*)(void)) dlsym(curl, "curl_easy_init");
    CURLcode (*set)(CURL *, CURLoption, ...) = (CURLcode (*)(CURL *, CURLoption, ...))dlsym(curl, "curl_easy_setopt");
    CURLcode (*perform)(CURL *) = (CURLcode (*)(CURL *))dlsym(curl, "curl_easy_perform");
    CURLcode (*info)(CURL *, CURLINFO, ...) = (CURLcode (*)(CURL *, CURLINFO, ...))dlsym(curl, "curl_easy_getinfo");

    global(CURL_GLOBAL_DEFAULT);
    CURL *easy = init();
    char url[256], route[256];
    size_t total = 0;
    snprintf(url, sizeof url, "https://%s:%s/", host, port);
    snprintf(route, sizeof route, "::127.0.0.1:%s", port);
    struct curl_slist list = {route, NULL};
    set(easy, CURLOPT_URL, url);
    set(easy, CURLOPT_CONNECT_TO, &list);
    set(easy, CURLOPT_CAINFO, is_directory ? NULL : ca);
    set(easy, CURLOPT_CAPATH, is_directory ? ca : NULL);
    set(easy, CURLOPT_NOSIGNAL, 1L);
    set(easy, CURLOPT_POSTFIELDS, body);
    set(easy, CURLOPT_WRITEFUNCTION, swallow);
    set(easy, CURLOPT_WRITEDATA, &total);
    CURLcode code = perform(easy);
    long status = 0;
    info(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
        fprintf(stderr, "tls: libcurl code %d, status %ld\n", (int)code, status);
        return 1;
    }
    return 0;
}

static int with_openssl(const char *host, const char *port, const char *ca, int is_directory)
{
    void *ssl_library = library("libssl.so.3");
    const SSL_METHOD *(*method)(void) = (const SSL_METHOD *(*)(void))dlsym(ssl_library, "TLS_client_method");
    SSL_CTX *(*new_context)(const SSL_METHOD *) = (SSL_CTX * (*)(const SSL_METHOD *)) dlsym(ssl_library, "SSL_CTX_new");
    int (*load_directory)(SSL_CTX *, const char *) = (int (*)(SSL_CTX *, const char *))dlsym(ssl_library, "SSL_CTX_load_verify_dir");
    int (*load_file)(SSL_CTX *, const char *) = (int (*)(SSL_CTX *, const char *))dlsym(ssl_library, "SSL_CTX_load_verify_file");
    SSL *(*new_ssl)(SSL_CTX *) = (SSL * (*)(SSL_CTX *)) dlsym(ssl_library, "SSL_new");
    void (*set_verify)(SSL *, int, void *) = (void (*)(SSL *, int, void *))dlsym(ssl_library, "SSL_set_verify");
    int (*set_host)(SSL *, const char *) = (int (*)(SSL *, const char *))dlsym(ssl_library, "SSL_set1_host");
    long (*control)(SSL *, int, long, void *) = (long (*)(SSL *, int, long, void *))dlsym(ssl_library, "SSL_ctrl");
    int (*set_descriptor)(SSL *, int) = (int (*)(SSL *, int))dlsym(ssl_library, "SSL_set_fd");
    int (*connect_ssl)(SSL *) = (int (*)(SSL *))dlsym(ssl_library, "SSL_connect");
    int (*write_ssl)(SSL *, const void *, int) = (int (*)(SSL *, const void *, int))dlsym(ssl_library, "SSL_write");
    int (*read_ssl)(SSL *, void *, int) = (int (*)(SSL *, void *, int))dlsym(ssl_library, "SSL_read");

    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("tls: connect");
        return 1;
    }
    SSL_CTX *context = new_context(method());
    if ((is_directory ? load_directory : load_file)(context, ca) != 1) return 1;
    SSL *ssl = new_ssl(context);
    set_verify(ssl, SSL_VERIFY_PEER, NULL);
    set_host(ssl, host);
    control(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host);
    set_descriptor(ssl, connection);
    if (connect_ssl(ssl) != 1) {
        fprintf(stderr, "tls: libssl refuses the server\n");
        return 1;
    }
    char request[512], answer[4096];
    int length = snprintf(request, sizeof request, "POST / HTTP/1.1\r\nHost: %s:%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s", host, port, sizeof body - 1, body);
    if (write_ssl(ssl, request, length) != length) return 1;
    int count = read_ssl(ssl, answer, sizeof answer);
    int is_good = count > 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0;
    while (count > 0) count = read_ssl(ssl, answer, sizeof answer);
    if (!is_good) fprintf(stderr, "tls: not a 200\n");
    return is_good ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct stat status;
    if (argc != 5 || stat(argv[4], &status) != 0) {
        fprintf(stderr, "usage: %s curl|openssl HOST PORT CA-DIRECTORY|CA-FILE\n", argv[0]);
        return 2;
    }
    int is_directory = S_ISDIR(status.st_mode);
    return strcmp(argv[1], "curl") == 0 ? with_curl(argv[2], argv[3], argv[4], is_directory) : with_openssl(argv[2], argv[3], argv[4], is_directory);
}
