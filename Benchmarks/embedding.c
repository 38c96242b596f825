/* What libtabard.so.1 costs its embedder: one resolve from memory, one call that does nothing beside it, open and close, and what a hundred
 * thousand resolves leave behind.
 *
 *   cc -O2 embedding.c -o embedding $(pkg-config --cflags --libs tabard) && TABARD_PLUGIN_PATH=... ./embedding IMAGE
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tabard_host.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static long resident(void)
{
    char line[256];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1) break;
    if (file) fclose(file);
    return kib;
}

static void take(void *data, const tabard_entry_v1 *entry)
{
    *(size_t *)data += entry->password.len;
}

static void complain(void *data, const tabard_problem_v1 *problem)
{
    (void)data;
    fprintf(stderr, "%.*s\n", (int)problem->message.len, problem->message.ptr);
}

static tabard_handle *open_handle(const tabard_sink_v1 *sink)
{
    static const tabard_str nothing = TABARD_STR_INIT("{}");
    tabard_open_options_v1 options = {0};
    options.struct_size = sizeof options;
    options.config_text = nothing;
    options.flags = TABARD_OPEN_NO_REFRESH;
    tabard_handle *handle = NULL;
    if (tabard_open_v1(&options, sink, &handle) != TABARD_OK) exit(1);
    return handle;
}

int main(int argc, char **argv)
{
    size_t bytes = 0;
    tabard_sink_v1 sink = {sizeof sink, 0, &bytes, take, complain};
    tabard_query_v1 query = {0};
    query.struct_size = sizeof query;
    query.image.ptr = argc > 1 ? argv[1] : "a.fixture.test/app:1";
    query.image.len = strlen(query.image.ptr);
    query.cancel_fd = -1;
    tabard_handle *handle = open_handle(&sink);
    if (tabard_resolve_v1(handle, &query, &sink) != TABARD_OK || bytes == 0) return 1;
    long done = 0;
    for (long goal = 1000; goal <= 100000; goal *= 10) {
        long long start = now();
        long from = done;
        for (; done < goal; done++) tabard_resolve_v1(handle, &query, &sink);
        printf("resolve from memory: %lld ns each; after %ld: RSS %ld KiB\n", (now() - start) / (goal - from), goal, resident());
    }
    long long start = now();
    for (int i = 0; i < 1000000; i++) tabard_invalidate_v1(handle, 0);
    printf("a call that finds nothing to do: %lld ns\n", (now() - start) / 1000000);
    tabard_close_v1(handle);
    long before = resident();
    start = now();
    for (int i = 0; i < 1000; i++) tabard_close_v1(open_handle(&sink));
    printf("open and close: %lld us; 1000 of them grew RSS by %ld KiB\n", (now() - start) / 1000000, resident() - before);
    return 0;
}
