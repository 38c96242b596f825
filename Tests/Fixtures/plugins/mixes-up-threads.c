/* Keeps its answer where every thread can reach it. */
#define FLAGS TABARD_PROVIDER_CONCURRENT
#include <time.h>
#include "fixture.h"
static char user[32];
static unsigned calls;
PROVIDE_WITH({
    unsigned mine = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&user[0], (char)('a' + mine % 26), __ATOMIC_RELAXED);
    nanosleep(&(struct timespec){0, 100000}, NULL);
    char is_mine = __atomic_load_n(&user[0], __ATOMIC_RELAXED) == (char)('a' + mine % 26);
    return tabard_add_basic_auth(call, request->registry, is_mine ? TEXT("mine") : TEXT("another"), TEXT("secret"));
})
