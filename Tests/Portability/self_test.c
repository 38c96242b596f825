/* Runs the C of this project on another machine than the one that builds it: digests by the processor's own instructions and without them,
 * against FIPS 180-4 and RFC 4231, and the handler that names a crash. Ends with `N passed, N failed`.
 *
 * usage: self_test IMPLEMENTATION      which tabard_sha256_implementation() must be */
#define _GNU_SOURCE
#include "tabard_crash.h"
#include "tabard_digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int passed, failed;

static void check(int holds, const char *what)
{
    if (holds) {
        passed++;
    } else {
        failed++;
        printf("self_test: %s\n", what);
    }
}

static const char *hex(const uint8_t *bytes, size_t count)
{
    static char text[129];
    for (size_t i = 0; i < count; i++) snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

static const char *sha256_of(const void *bytes, size_t count, int portable, size_t piece)
{
    tabard_sha256 context;
    uint8_t digest[32];
    tabard_sha256_init(&context, portable);
    for (size_t done = 0; done < count; done += piece) {
        tabard_sha256_update(&context, (const uint8_t *)bytes + done, count - done < piece ? count - done : piece);
    }
    tabard_sha256_finish(&context, digest);
    return hex(digest, sizeof digest);
}

static void test_digests(void)
{
    static uint8_t million[1000000];
    static const char *const two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    memset(million, 'a', sizeof million);
    for (int portable = 0; portable < 2; portable++) {
        check(strcmp(sha256_of("", 0, portable, 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") == 0, "SHA-256 of nothing");
        check(strcmp(sha256_of("abc", 3, portable, 1), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0, "SHA-256 of abc");
        check(strcmp(sha256_of(two, 56, portable, 7), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1") == 0, "SHA-256 of two blocks");
        check(strcmp(sha256_of(million, sizeof million, portable, 4096), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0,
              "SHA-256 of a million");
    }
    uint8_t bytes[300];
    int equal = 1;
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7 + 3);
    for (size_t count = 0; count <= sizeof bytes; count++) {
        char one[129];
        snprintf(one, sizeof one, "%s", sha256_of(bytes, count, 0, 33));
        equal &= strcmp(one, sha256_of(bytes, count, 1, 64)) == 0;
    }
    check(equal, "the processor's SHA-256 and the portable one differ");

    tabard_sha512 long_context;
    uint8_t long_digest[64];
    tabard_sha512_init(&long_context);
    tabard_sha512_update(&long_context, "abc", 3);
    tabard_sha512_finish(&long_context, long_digest);
    check(strcmp(hex(long_digest, sizeof long_digest),
                 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f") == 0,
          "SHA-512 of abc");

    tabard_hmac_sha256 hmac;
    uint8_t code[32];
    tabard_hmac_sha256_init(&hmac, "Jefe", 4);
    tabard_hmac_sha256_update(&hmac, "what do ya want for nothing?", 28);
    tabard_hmac_sha256_finish(&hmac, code);
    check(strcmp(hex(code, sizeof code), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843") == 0, "HMAC-SHA-256, RFC 4231 case 2");
}

static void test_crash(void)
{
    int ends[2];
    char said[512] = "";
    static char stack[65536];
    if (pipe(ends) != 0) return check(0, "no pipe");
    pid_t child = fork();
    if (child == 0) {
        tabard_crash_scope scope;
        dup2(ends[1], 2);
        tabard_crash_install("self_test");
        tabard_crash_enter(&scope, "the crash", stack, sizeof stack);
        raise(SIGSEGV);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t count = 0;
    while (length < sizeof said - 1 && (count = read(ends[0], said + length, sizeof said - 1 - length)) > 0) length += (size_t)count;
    int status = 0;
    waitpid(child, &status, 0);
    check(WIFSIGNALED(status) && strstr(said, "the crash") != NULL && strstr(said, "SIGSEGV") != NULL, "a crash is not named");
}

int main(int argc, char **argv)
{
    const char *wanted = argc > 1 ? argv[1] : "portable";
    printf("self_test: SHA-256 by %s\n", tabard_sha256_implementation());
    check(strcmp(tabard_sha256_implementation(), wanted) == 0, "another implementation of SHA-256 than this processor should get");
    test_digests();
    test_crash();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
