/* The floor of every cold start: a C program that says one line. */
#include <stdio.h>

int main(void)
{
    puts("hello");
    return 0;
}
