/* A host that loads the library, uses it and unloads it, again and again: nothing may pile up.
 *
 *   unload LIBRARY CYCLES
 */
#include "require.h"

#include <afterbeep.h>

#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int entries(const char *path)
{
    DIR *entries = opendir(path);
    int count = 0;

    REQUIRE(entries != NULL);
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count;
}

/* Threads of this process. The kernel lists a thread for a moment after it was joined. */
static int threads(int expected)
{
    int count = entries("/proc/self/task");

    for (int waited = 0; waited < 1000 && count != expected; waited++) {
        usleep(1000);
        count = entries("/proc/self/task");
    }
    return count;
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    REQUIRE(file != NULL && fscanf(file, "%*s %ld", &pages) == 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 3);
    const char *library = argv[1];
    unsigned long cycles = strtoul(argv[2], NULL, 10);
    /* "." and ".." among them. */
    const int alone = 3;
    int descriptors = 0;
    long kib = 0;

    for (unsigned long cycle = 0; cycle < cycles; cycle++) {
        void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        REQUIRE(loaded != NULL);
        afterbeep_status (*create_engine)(const afterbeep_engine_config *, afterbeep_error *, afterbeep_engine **);
        void (*destroy_engine)(afterbeep_engine *);
        *(void **)&create_engine = dlsym(loaded, "afterbeep_engine_create");
        *(void **)&destroy_engine = dlsym(loaded, "afterbeep_engine_destroy");
        REQUIRE(create_engine != NULL && destroy_engine != NULL);
        afterbeep_engine *engine = NULL;
        REQUIRE(create_engine(NULL, NULL, &engine) == AFTERBEEP_STATUS_OK);
        destroy_engine(engine);
        REQUIRE(dlclose(loaded) == 0);
        if (cycle == cycles / 10) {
            descriptors = entries("/proc/self/fd");
            kib = resident_kib();
        }
    }
    REQUIRE(threads(alone) == alone && entries("/proc/self/fd") == descriptors);
    long more = resident_kib() - kib;
    printf("%lu times loaded and unloaded: %ld KiB more at the end\n", cycles, more);
    REQUIRE(more < 1024);
    return 0;
}
