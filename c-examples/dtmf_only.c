/* DTMF digits alone, for those who come from SpanDSP: no heap, no engine, no thread.
 *
 *   SpanDSP                                          here
 *   dtmf_rx_state_t *s = dtmf_rx_init(NULL, 0, 0);   afterbeep_dtmf_init(&memory, sizeof memory, 8000, NULL, NULL, &dtmf);
 *   dtmf_rx_parms(s, TRUE, 8, 4, -27);               afterbeep_dtmf_profile: set its fields, give it to _init
 *   dtmf_rx(s, pcm, n);                              afterbeep_dtmf_push(dtmf, pcm, n);
 *   dtmf_rx_fillin(s, n);                            afterbeep_dtmf_push_lost(dtmf, n);
 *   dtmf_rx_get(s, digits, 128);                     afterbeep_dtmf_poll(dtmf, &event);  position, level and twist, too
 *   dtmf_rx_free(s);                                 nothing: the memory is yours
 *
 * usage: dtmf_only CALLER.wav */
#include <afterbeep.h>

#include "wav.h"

/* Firmware has it in a static array, a switch in the channel's own struct. */
static union {
    uint64_t alignment;
    unsigned char bytes[AFTERBEEP_DTMF_BYTES];
} memory;

static void print_digits(afterbeep_dtmf *dtmf)
{
    afterbeep_dtmf_event event;
    while (afterbeep_dtmf_poll(dtmf, &event) == AFTERBEEP_STATUS_OK)
        if (event.ended)
            printf("%c from sample %llu to %llu, %.1f dBm0, twist %+.1f dB\n", event.digit,
                   (unsigned long long)event.start_sample, (unsigned long long)event.end_sample,
                   event.level_dbm0, event.twist_db);
}

int main(int argc, char **argv)
{
    afterbeep_dtmf *dtmf;
    afterbeep_dtmf_profile profile;
    afterbeep_error error;
    const char *why;
    uint32_t sample_count;
    int16_t frame[160];
    size_t count;
    FILE *wav;

    if (argc != 2) {
        fprintf(stderr, "usage: dtmf_only CALLER.wav\n");
        return 2;
    }
    if ((wav = wav_open(argv[1], &sample_count, &why)) == NULL) {
        fprintf(stderr, "%s %s\n", argv[1], why);
        return 1;
    }
    /* As the standard has it, but for lines that attenuate high frequencies more. */
    if (afterbeep_dtmf_profile_init(&profile, sizeof profile, "att", &error) != AFTERBEEP_STATUS_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    profile.normal_twist_db = 10.0f;
    if (afterbeep_dtmf_init(&memory, sizeof memory, 8000, &profile, &error, &dtmf) != AFTERBEEP_STATUS_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    while (sample_count > 0 && (count = wav_read(wav, frame, sample_count < 160 ? sample_count : 160)) > 0) {
        if (afterbeep_dtmf_push(dtmf, frame, count) != AFTERBEEP_STATUS_OK)
            return 1;
        print_digits(dtmf);
        sample_count -= (uint32_t)count;
    }
    fclose(wav);
    if (afterbeep_dtmf_finish(dtmf) != AFTERBEEP_STATUS_OK)
        return 1;
    print_digits(dtmf);
    return 0;
}
