/* The floor of a program that asks an agent: one exchange with a unix socket, then the answer on standard output.
 *
 * usage: exchange SOCKET                  one exchange, printed
 *        exchange SOCKET COUNT QUESTION   COUNT exchanges with the bytes of the file QUESTION, one connection each; their times in
 *                                         microseconds, one a line. The last frame of an answer is its end. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static char buffer[65536];

static size_t exchange(const char *path, const char *question, size_t size)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    size_t count = 0;
    ssize_t more;
    const int number = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    strncpy(place.sun_path, path, sizeof place.sun_path - 1);
    if (number < 0 || connect(number, (const struct sockaddr *)&place, sizeof place) != 0) return 0;
    if (send(number, question, size, MSG_NOSIGNAL) != (ssize_t)size) return 0;
    while ((more = recv(number, buffer + count, sizeof buffer - count, 0)) > 0) count += (size_t)more;
    close(number);
    return count;
}

int main(int argc, char **argv)
{
    static char question[65536] = "x";
    size_t size = 1;
    if (argc == 2) {
        const size_t count = exchange(argv[1], question, size);
        return count > 0 && fwrite(buffer, 1, count, stdout) == count ? 0 : 1;
    }
    if (argc != 4) return 2;
    FILE *file = fopen(argv[3], "rb");
    if (file == NULL) return 2;
    size = fread(question, 1, sizeof question, file);
    fclose(file);
    for (int i = 0; i < atoi(argv[2]); i++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        if (exchange(argv[1], question, size) == 0) return 1;
        clock_gettime(CLOCK_MONOTONIC, &end);
        printf("%.1f\n", (double)(end.tv_sec - start.tv_sec) * 1e6 + (double)(end.tv_nsec - start.tv_nsec) / 1e3);
    }
    return 0;
}
