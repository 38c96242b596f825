/* What is opened lazily is found as the system finds it. The closure is asked only after that: a distribution mends its libraries, an unpacked
 * archive does not. */
#define _GNU_SOURCE
#include "tabard_closure.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { flags = RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE };

/* The path of the program or library that this code is part of. 0 or -1. */
static int find_object(char *path, int *is_program)
{
    Dl_info object;
    struct link_map *map = NULL;
    if (dladdr1((const void *)&find_object, &object, (void **)&map, RTLD_DL_LINKMAP) == 0 || map == NULL) return -1;
    *is_program = map->l_name[0] == 0;
    return realpath(*is_program ? "/proc/self/exe" : map->l_name, path) != NULL ? 0 : -1;
}

int tabard_closure_find(const char *name, char *path, size_t size)
{
    /* bin/program, lib/libtabard.so.1, lib/tabard/v1/plugin.so */
    static const char *const places[] = {"../lib/tabard/closure", "tabard/closure", "../closure"};
    char object[PATH_MAX], relative[PATH_MAX], resolved[PATH_MAX];
    int is_program = 0;
    if (getauxval(AT_SECURE) != 0 || find_object(object, &is_program) != 0) return -1;
    *strrchr(object, '/') = 0;
    for (size_t index = is_program ? 0 : 1; index < (is_program ? 1 : sizeof places / sizeof places[0]); index++) {
        int length = snprintf(relative, sizeof relative, "%s/%s/%s", object, places[index], name);
        if (length < 0 || (size_t)length >= sizeof relative || realpath(relative, resolved) == NULL) continue;
        length = snprintf(path, size, "%s", resolved);
        if (length > 0 && (size_t)length < size && access(path, R_OK) == 0) return 0;
    }
    return -1;
}

/* One that is loaded serves whoever asks for its name, also when the system's loader would not find it. */
static void *open_one(const char *name)
{
    char path[PATH_MAX];
    void *library = dlopen(name, flags | RTLD_NOLOAD);
    if (library == NULL && tabard_closure_find(name, path, sizeof path) == 0) library = dlopen(path, flags);
    return library;
}

static void *open_closed(const char *name)
{
    char path[PATH_MAX], list[NAME_MAX], line[NAME_MAX];
    snprintf(list, sizeof list, "%s.needs", name);
    if (tabard_closure_find(list, path, sizeof path) != 0) return NULL;
    FILE *needs = fopen(path, "re");
    if (needs == NULL) return NULL;
    while (fgets(line, sizeof line, needs) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (line[0] != 0 && open_one(line) == NULL) break;
    }
    fclose(needs);
    return open_one(name);
}

void *tabard_closure_open(const char *name, char *reason, size_t size)
{
    void *library = dlopen(name, flags);
    if (library != NULL) return library;
    const char *said = dlerror();
    snprintf(reason, size, "%s", said != NULL ? said : "the library cannot be loaded");
    library = open_closed(name);
    if (library != NULL) {
        reason[0] = 0;
    } else if ((said = dlerror()) != NULL && strstr(said, "/closure/") != NULL) {
        /* What is there and cannot be used is the better reason. */
        snprintf(reason, size, "%s", said);
    }
    return library;
}
