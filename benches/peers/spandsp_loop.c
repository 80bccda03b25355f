/* What a program costs that does nothing but receive digits with SpanDSP: frames of 20 ms from standard input, digits
 * to standard output. detect_cpu.sh builds it against Debian's libspandsp-dev and runs it beside `afterbeep detect`. */
#include <stdint.h>
#include <stdio.h>
#include <spandsp.h>

int main(void)
{
    int16_t frame[160];
    char digits[129];
    size_t samples;
    dtmf_rx_state_t *receiver = dtmf_rx_init(NULL, NULL, NULL);

    if (!receiver)
        return 1;
    while ((samples = fread(frame, sizeof frame[0], 160, stdin)) > 0) {
        dtmf_rx(receiver, frame, (int)samples);
        if (dtmf_rx_get(receiver, digits, 128) > 0)
            puts(digits);
    }
    dtmf_rx_free(receiver);
    return ferror(stdin) != 0;
}
