/* Waits for the gate to open, whatever the host says. */
#include <fcntl.h>
#include <unistd.h>
#include "fixture.h"
PROVIDE_WITH({
    int gate = open(setting(self, "gate"), O_RDONLY);
    if (gate >= 0) close(gate);
    return tabard_add_basic_auth(call, request->registry, TEXT("late"), TEXT("late"));
})
