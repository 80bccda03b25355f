/* Just enough WAV to feed the examples: 16-bit PCM, mono, 8 kHz. */
#ifndef WAV_H
#define WAV_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The file at its first sample and, in *sample_count, how many follow; NULL with a word why not. */
static FILE *wav_open(const char *path, uint32_t *sample_count, const char **why)
{
    unsigned char chunk[16];
    FILE *file = fopen(path, "rb");
    *why = "cannot be opened";
    if (file == NULL)
        return NULL;
    *why = "is not 16-bit PCM, mono, 8 kHz WAV";
    if (fread(chunk, 1, 12, file) != 12 || memcmp(chunk, "RIFF", 4) != 0 || memcmp(chunk + 8, "WAVE", 4) != 0)
        goto refuse;
    while (fread(chunk, 1, 8, file) == 8) {
        uint32_t size = chunk[4] | (uint32_t)chunk[5] << 8 | (uint32_t)chunk[6] << 16 | (uint32_t)chunk[7] << 24;
        if (memcmp(chunk, "data", 4) == 0) {
            *sample_count = size / 2;
            return file;
        }
        if (memcmp(chunk, "fmt ", 4) == 0) {
            static const unsigned char wanted[8] = {1, 0, 1, 0, 0x40, 0x1F, 0, 0};
            if (size < 16 || fread(chunk, 1, 16, file) != 16 || memcmp(chunk, wanted, 8) != 0 || chunk[14] != 16)
                goto refuse;
            size -= 16;
        }
        if (fseek(file, (long)(size + size % 2), SEEK_CUR) != 0)
            goto refuse;
    }
refuse:
    fclose(file);
    return NULL;
}

/* The next samples, at most sample_count; 0 at the end. */
static size_t wav_read(FILE *file, int16_t *pcm, size_t sample_count)
{
    unsigned char bytes[2];
    size_t i = 0;
    while (i < sample_count && fread(bytes, 1, 2, file) == 2)
        pcm[i++] = (int16_t)(uint16_t)(bytes[0] | bytes[1] << 8);
    return i;
}

#endif
