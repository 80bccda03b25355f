/* What media threads may call without a session, watched by RealtimeSanitizer as in realtime.c.
 *
 *   realtime_parts            0 is success
 *   realtime_parts planted    allocates where it must not
 */
#include "line.h"
#include "require.h"

#include <afterbeep.h>

#define FRAME 160

/* Of the sanitizer. */
void __rtsan_realtime_enter(void);
void __rtsan_realtime_exit(void);

static int16_t pcm[65536];
static uint8_t codes[65536];

static void listen(const char *profile_name)
{
    static uint64_t memory[AFTERBEEP_DTMF_BYTES / 8];
    afterbeep_dtmf_profile profile;
    afterbeep_dtmf_event event;
    afterbeep_dtmf *dtmf;
    afterbeep_error error;
    afterbeep_status status = AFTERBEEP_STATUS_OK;
    int events = 0;

    __rtsan_realtime_enter();
    OK(afterbeep_dtmf_profile_init(&profile, sizeof profile, profile_name, &error));
    OK(afterbeep_dtmf_init(memory, sizeof memory, RATE, &profile, &error, &dtmf));
    for (size_t at = 0; at < line_samples; at += FRAME) {
        OK(afterbeep_dtmf_push(dtmf, line + at, FRAME));
        while ((status = afterbeep_dtmf_poll(dtmf, &event)) == AFTERBEEP_STATUS_OK)
            events += event.ended == 1 && event.digit == '#';
        REQUIRE(status == AFTERBEEP_STATUS_NONE);
    }
    OK(afterbeep_dtmf_push_lost(dtmf, RATE));
    OK(afterbeep_dtmf_finish(dtmf));
    for (int i = 0; i < 20; i++) /* nobody polls */
        status = afterbeep_dtmf_push(dtmf, line, line_samples);
    __rtsan_realtime_exit();
    REQUIRE(events == 5 && status == AFTERBEEP_STATUS_OVERRUN);
}

/* What is refused. */
static void refuse(void)
{
    uint64_t memory[1];
    afterbeep_dtmf_profile profile;
    afterbeep_dtmf *dtmf;
    afterbeep_error error;

    __rtsan_realtime_enter();
    REQUIRE(afterbeep_dtmf_profile_init(&profile, sizeof profile, "nowhere", &error) != AFTERBEEP_STATUS_OK);
    OK(afterbeep_dtmf_profile_init(&profile, sizeof profile, NULL, &error));
    profile.struct_size = 0;
    REQUIRE(afterbeep_dtmf_init(memory, sizeof memory, RATE, &profile, &error, &dtmf) != AFTERBEEP_STATUS_OK);
    REQUIRE(afterbeep_dtmf_init(memory, sizeof memory, RATE, NULL, &error, &dtmf) == AFTERBEEP_STATUS_BUFFER_TOO_SMALL);
    REQUIRE(afterbeep_dtmf_push(NULL, line, FRAME) == AFTERBEEP_STATUS_INVALID_ARGUMENT);
    __rtsan_realtime_exit();
}

static void measure(afterbeep_silence *silence)
{
    uint32_t is_silence;
    uint64_t since;

    __rtsan_realtime_enter();
    OK(afterbeep_silence_push(silence, line, line_samples));
    OK(afterbeep_silence_state(silence, &is_silence, &since));
    __rtsan_realtime_exit();
}

static void convert(void)
{
    uint8_t payload[] = {11, 10, 3, 32};
    afterbeep_telephone_event packet;

    for (int i = 0; i < 65536; i++)
        pcm[i] = (int16_t)(i - 32768);
    __rtsan_realtime_enter();
    afterbeep_alaw_encode(pcm, codes, 65536);
    afterbeep_alaw_decode(codes, pcm, 65536);
    afterbeep_ulaw_encode(pcm, codes, 65536);
    afterbeep_ulaw_decode(codes, pcm, 65536);
    afterbeep_ulaw_decode_exact(codes, pcm, 65536);
    OK(afterbeep_telephone_event_parse(payload, sizeof payload, 1, &packet));
    REQUIRE(afterbeep_dbm0_from_mean_abs(256) < 0);
    REQUIRE(afterbeep_version() > 0 && afterbeep_dtmf_size() <= AFTERBEEP_DTMF_BYTES);
    for (int number = -40; number < 40; number++) {
        REQUIRE(afterbeep_status_str(number) != NULL);
        REQUIRE(afterbeep_tone_kind_str((uint32_t)number) != NULL);
        REQUIRE(afterbeep_end_reason_str((uint32_t)number) != NULL);
        for (uint32_t vocabulary = 0; vocabulary < 8; vocabulary++)
            (void)afterbeep_end_reason_str_in((uint32_t)number, vocabulary);
    }
    __rtsan_realtime_exit();
}

int main(int argc, char **argv)
{
    static const char *const profiles[] = {"att", "ntt", "dk", "au", "br", "etsi", "relaxed", "default"};
    afterbeep_silence *silence;

    (void)argv;
    if (argc > 1)
        __rtsan_realtime_enter();
    OK(afterbeep_silence_create(RATE, -40, &silence));
    for (int i = 0; i < 5; i++)
        key('#');
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        listen(profiles[i]);
    refuse();
    measure(silence);
    convert();
    afterbeep_silence_destroy(silence);
    printf("%zu kinds of DTMF receivers, silence, G.711 and names\n", sizeof profiles / sizeof *profiles);
    return 0;
}
