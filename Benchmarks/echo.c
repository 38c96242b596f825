/* The floor of a server behind a unix socket: takes a connection, sends 200 bytes back for whatever comes, closes it; one after the other.
 *
 * usage: echo SOCKET */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    char buffer[65536] = {0};
    const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (argc != 2) return 2;
    strncpy(place.sun_path, argv[1], sizeof place.sun_path - 1);
    if (bind(listener, (const struct sockaddr *)&place, sizeof place) != 0 || listen(listener, 1024) != 0) return 1;
    for (;;) {
        const int connection = accept(listener, NULL, NULL);
        if (recv(connection, buffer, sizeof buffer, 0) > 0 && send(connection, buffer, 200, MSG_NOSIGNAL) < 0) return 1;
        close(connection);
    }
}
