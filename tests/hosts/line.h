/* For the hosts: what a caller says, made up piece by piece. */
#ifndef LINE_H
#define LINE_H

#include "require.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define RATE 8000

static int16_t line[8 * RATE];
static size_t line_samples;

static inline void sound(unsigned ms, double hz, double other_hz, double amplitude)
{
    for (size_t i = 0; i < ms * (RATE / 1000); i++) {
        REQUIRE(line_samples < sizeof line / sizeof *line);
        double turn = 2 * M_PI * i / RATE;
        line[line_samples++] = (int16_t)(amplitude * (sin(hz * turn) + sin(other_hz * turn)));
    }
}

static inline void silence(unsigned ms)
{
    sound(ms, 0, 0, 0);
}

static inline void noise(unsigned ms)
{
    size_t from = line_samples;
    silence(ms);
    for (size_t i = from; i < line_samples; i++)
        line[i] = (int16_t)(rand() % 6000 - 3000);
}

static inline void key(char digit)
{
    sound(100, digit == '#' ? 941 : 770, digit == '#' ? 1477 : 1336, 4000);
    silence(100);
}

#endif
