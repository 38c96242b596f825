/* Runs a command many times and prints one line of JSON for each run: wall and CPU time, peak memory, page faults.
 *
 * A launcher in C, because ru_maxrss of a child counts what it inherited at fork: started from Python, every program seems to need as much
 * memory as Python itself. posix_spawn (vfork inside) and wait4 give the child's own figures.
 *
 * usage: launch RUNS STDIN-FILE|- OUTPUT-FILE|- COMMAND [ARGUMENT]... */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double milliseconds(struct timespec start, struct timespec end)
{
    return (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: %s RUNS STDIN-FILE|- OUTPUT-FILE|- COMMAND [ARGUMENT]...\n", argv[0]);
        return 2;
    }
    int runs = atoi(argv[1]);
    const char *input = strcmp(argv[2], "-") == 0 ? "/dev/null" : argv[2];
    const char *output = strcmp(argv[3], "-") == 0 ? "/dev/null" : argv[3];

    for (int run = 0; run < runs; run++) {
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0);
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        pid_t child;
        int failure = posix_spawnp(&child, argv[4], &actions, NULL, argv + 4, environ);
        if (failure != 0) {
            fprintf(stderr, "%s: cannot start %s: %s\n", argv[0], argv[4], strerror(failure));
            return 1;
        }
        int status;
        struct rusage usage;
        while (wait4(child, &status, 0, &usage) < 0) {
            if (errno != EINTR) {
                perror("wait4");
                return 1;
            }
        }
        clock_gettime(CLOCK_MONOTONIC, &end);
        posix_spawn_file_actions_destroy(&actions);

        double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
        printf("{\"wall_ms\":%.4f,\"cpu_ms\":%.4f,\"rss_kib\":%ld,\"faults\":%ld,\"exit\":%d}\n", milliseconds(start, end), cpu,
               usage.ru_maxrss, usage.ru_minflt + usage.ru_majflt, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    return 0;
}
