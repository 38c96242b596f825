/* Answers with the image in its password. With CRASHES defined it ends by a signal for images that end in 0, never for those that end in 1,
 * and now and then for the others. Kept for SECONDS. */
#include <time.h>
#include "fixture.h"

static int crashes(tabard_str image)
{
#ifdef CRASHES
    struct timespec now;
    const char last = image.ptr[image.len - 1];
    clock_gettime(CLOCK_MONOTONIC, &now);
    return last == '0' || (last != '1' && now.tv_nsec / 1000 % 2 == 0);
#else
    (void)image;
    return 0;
#endif
}

PROVIDE_WITH({
    char password[512];
    tabard_cache_v1 cache = {sizeof cache, TABARD_CACHE_KEY_IMAGE, INT64_C(1000000000) * SECONDS, 0, 0};
    if (crashes(request->image)) abort();
    const int length = snprintf(password, sizeof password, "password of %.*s", (int)request->image.len, request->image.ptr);
    const tabard_status status = tabard_add_basic_auth(call, request->registry, TEXT("user"), (tabard_str){password, (size_t)length});
    return status != TABARD_OK ? status : call->set_cache(call, &cache);
})
