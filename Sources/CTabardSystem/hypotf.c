/* Swift's static Glibc overlay keeps a reference to hypotf that nothing calls, and glibc 2.35 gave hypotf a new symbol version: with it, no
 * binary of ours would start on glibc 2.34 (Amazon Linux 2023, RHEL 9). A definition of our own, hidden, takes the reference away. */
#include <math.h>

float hypotf(float x, float y);

/* The squares of two floats and their sum always fit a double, so no scaling is needed. */
float hypotf(float x, float y)
{
    if (isinf(x) || isinf(y)) return INFINITY;
    return (float)__builtin_sqrt((double)x * (double)x + (double)y * (double)y);
}
