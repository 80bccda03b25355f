/* Hosts that break the rules: what the sanitizers must find, and only find in a library that is built for them.
 *
 *   planted use-after-free | leak | race
 */
#include "require.h"

#include <afterbeep.h>

#include <pthread.h>
#include <string.h>

#define FRAME 160

/* The library reads and writes these sample by sample: nothing that a sanitizer intercepts. */
static int16_t *volatile pcm;
static uint8_t *volatile codes;

static void *encode(void *unused)
{
    for (int i = 0; i < 10000; i++)
        afterbeep_alaw_encode(pcm, codes, FRAME);
    return unused;
}

int main(int argc, char **argv)
{
    REQUIRE(argc == 2);
    pcm = calloc(FRAME, sizeof *pcm);
    codes = malloc(FRAME);
    REQUIRE(pcm != NULL && codes != NULL);
    if (strcmp(argv[1], "use-after-free") == 0) {
        free(pcm);
        encode(NULL);
        return 0;
    }
    if (strcmp(argv[1], "leak") == 0) {
        afterbeep_silence *silence;
        OK(afterbeep_silence_create(8000, -40, &silence));
    } else {
        pthread_t other;
        REQUIRE(strcmp(argv[1], "race") == 0);
        REQUIRE(pthread_create(&other, NULL, encode, NULL) == 0);
        encode(NULL);
        REQUIRE(pthread_join(other, NULL) == 0);
    }
    free(pcm);
    free(codes);
    return 0;
}
