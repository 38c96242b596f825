/* Opens a socket in its entry. */
#include <sys/socket.h>
#define ENTRY_BODY int connection = socket(AF_INET, SOCK_STREAM, 0); (void)connection;
#include "fixture.h"
PROVIDE_NOTHING
