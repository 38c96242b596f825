/* Many images of one registry wanted at the same moment, each by a thread of its own, from a process that has just opened libtabard.so.1.
 *
 *   cc -O2 together.c -o together $(pkg-config --cflags --libs tabard) -lpthread && ./together COUNT IMAGE-PREFIX
 *
 * Prints wall and processor milliseconds of the whole process, opening included. Fails unless every image got a password.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tabard_host.h>

#define MOST 256

static tabard_handle *handle;
static pthread_barrier_t start;
static const char *prefix;
static size_t sizes[MOST];

static double milliseconds(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
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

static void *want(void *data)
{
    size_t number = (size_t)((size_t *)data - sizes);
    char image[512];
    tabard_sink_v1 sink = {sizeof sink, 0, data, take, complain};
    tabard_query_v1 query = {0};
    query.struct_size = sizeof query;
    query.image.ptr = image;
    query.image.len = (size_t)snprintf(image, sizeof image, "%s%zu:1", prefix, number);
    query.cancel_fd = -1;
    pthread_barrier_wait(&start);
    if (tabard_resolve_v1(handle, &query, &sink) != TABARD_OK) sizes[number] = 0;
    return NULL;
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[1]) : 0;
    if (count < 1 || count > MOST) return 2;
    prefix = argv[2];
    double began = milliseconds(CLOCK_MONOTONIC);
    tabard_sink_v1 sink = {sizeof sink, 0, &sizes[0], take, complain};
    tabard_open_options_v1 options = {0};
    options.struct_size = sizeof options;
    options.flags = TABARD_OPEN_NO_REFRESH;
    if (tabard_open_v1(&options, &sink, &handle) != TABARD_OK) return 1;
    pthread_t threads[MOST];
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, want, &sizes[i]) != 0) return 1;
    for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < count; i++)
        if (sizes[i] == 0) return 1;
    tabard_close_v1(handle);
    printf("%.2f %.2f\n", milliseconds(CLOCK_MONOTONIC) - began, milliseconds(CLOCK_PROCESS_CPUTIME_ID));
    return 0;
}
