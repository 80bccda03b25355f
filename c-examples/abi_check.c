/* What a caller relies on in 0.1: sizes, offsets, numbers; and that bad arguments are answered. A change
 * here is a change of the ABI. */
#include <afterbeep.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME(what, expected) _Static_assert((what) == (expected), #what)

SAME(sizeof(afterbeep_status), 4);
SAME(sizeof(afterbeep_session), 8);
SAME(sizeof(afterbeep_error), 360);
SAME(offsetof(afterbeep_error, text), 40);
SAME(sizeof(afterbeep_engine_config), 72);
SAME(offsetof(afterbeep_engine_config, repair_directory), 64);
SAME(offsetof(afterbeep_engine_config, full_hold_ms), 56);
SAME(offsetof(afterbeep_engine_config, min_free_kib), 40);
SAME(sizeof(afterbeep_engine_event), 32);
SAME(offsetof(afterbeep_engine_event, message_id), 16);
SAME(sizeof(afterbeep_repair_options), 16);
SAME(sizeof(afterbeep_repair_report), 64);
SAME(sizeof(afterbeep_gap), 24);
SAME(sizeof(afterbeep_statistics), 376);
SAME(offsetof(afterbeep_statistics, full_file_systems), 368);
SAME(offsetof(afterbeep_statistics, write_latency_buckets), 128);
SAME(offsetof(afterbeep_engine_config, ring_ms), 20);
SAME(sizeof(afterbeep_result), 144);
SAME(offsetof(afterbeep_result, spoken_ms), 136);
SAME(offsetof(afterbeep_result, appended_to_samples), 128);
SAME(offsetof(afterbeep_result, sync_error), 116);
SAME(offsetof(afterbeep_result, gap_count), 104);
SAME(offsetof(afterbeep_result, samples), 24);
SAME(sizeof(afterbeep_dtmf_event), 32);
SAME(offsetof(afterbeep_dtmf_event, digit), 24);
SAME(sizeof(afterbeep_dtmf_profile), 56);
SAME(offsetof(afterbeep_dtmf_profile, accept_tone_ms), 32);
SAME(AFTERBEEP_DTMF_BYTES, 1024);
SAME(sizeof(afterbeep_telephone_event), 12);
SAME(offsetof(afterbeep_telephone_event, end), 8);
SAME(sizeof(afterbeep_session_event), 32);
SAME(sizeof(afterbeep_tone_pattern), 44);
#if UINTPTR_MAX == UINT64_MAX
SAME(sizeof(afterbeep_session_config), 248);
SAME(offsetof(afterbeep_session_config, directory), 8);
SAME(offsetof(afterbeep_session_config, terminators), 56);
SAME(offsetof(afterbeep_session_config, silence_hangover_ms), 168);
SAME(offsetof(afterbeep_session_config, header_style), 176);
SAME(offsetof(afterbeep_session_config, caller), 192);
SAME(offsetof(afterbeep_session_config, durability), 228);
SAME(offsetof(afterbeep_session_config, append), 240);
SAME(sizeof(afterbeep_store_config), 24);
SAME(sizeof(afterbeep_tenant), 80);
SAME(sizeof(afterbeep_tenant_deletion), 32);
SAME(sizeof(afterbeep_leave_message_config), 224);
SAME(sizeof(afterbeep_element_runner_config), 48);
SAME(sizeof(afterbeep_recorder_statistics), 32);
SAME(sizeof(afterbeep_element_call_config), 56);
SAME(sizeof(afterbeep_outcome), 80);
SAME(sizeof(afterbeep_query), 104);
SAME(sizeof(afterbeep_message), 224);
SAME(sizeof(afterbeep_sweep_report), 56);
#endif
SAME(AFTERBEEP_STATUS_OK, 0);
SAME(AFTERBEEP_STATUS_INTERNAL, -20);
SAME(AFTERBEEP_STATUS_STORE_UNAVAILABLE, -32);
SAME(AFTERBEEP_BRANCH_EXCEPTION, 4);
SAME(AFTERBEEP_MESSAGE_STATUS_ALLOCATION_FAILED, 5);
SAME(AFTERBEEP_END_REASON_DTMF, 1);
SAME(AFTERBEEP_END_REASON_ERROR, 13);
SAME(AFTERBEEP_STATE_ENDED, 4);
SAME(AFTERBEEP_FORMAT_ULAW, 3);
SAME(AFTERBEEP_SILENCE_MODE_ADAPTIVE, 2);
SAME(AFTERBEEP_SESSION_EVENT_TYPE_DIGIT, 1);
SAME(AFTERBEEP_DIGIT_SOURCE_SIGNALLED, 2);
SAME(AFTERBEEP_PAUSE_MODE_GAP, 2);
SAME(AFTERBEEP_CUT_TONE, 3);
SAME(AFTERBEEP_TONE_KIND_FAX_CALLING, 9);
SAME(AFTERBEEP_END_REASON_DISCONNECT_TONE, 7);
SAME(AFTERBEEP_STATUS_TIMESTAMP_JUMP, -22);
SAME(AFTERBEEP_STATUS_FORKED, -27);
SAME(AFTERBEEP_STATUS_MESSAGE_DIFFERENT, -31);
SAME(AFTERBEEP_LARGE_FILE_SPLIT, 2);
SAME(AFTERBEEP_ENGINE_EVENT_TYPE_WRITER_RETURNED, 5);
SAME(AFTERBEEP_GAP_CAUSE_DISK_ERROR, 3);

static int failures;

static void expect(const char *what, afterbeep_status status, afterbeep_status expected)
{
    if (status != expected) {
        printf("%s: %s, expected %s\n", what, afterbeep_status_str(status), afterbeep_status_str(expected));
        failures++;
    }
}

#define EXPECT(call, expected) expect(#call, call, AFTERBEEP_STATUS_##expected)

static void bad_configurations(const char *directory)
{
    afterbeep_engine_config engine_config;
    afterbeep_session_config config;
    afterbeep_error error;
    afterbeep_engine *engine = NULL;
    afterbeep_session session = {1};
    char longer[sizeof config + 8] = {0};
    uint32_t size = sizeof longer;

    EXPECT(afterbeep_engine_config_init(NULL, sizeof engine_config), INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_config_init(&engine_config, 4), INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_config_init(&engine_config, sizeof engine_config), OK);
    EXPECT(afterbeep_engine_create(NULL, NULL, NULL), INVALID_ARGUMENT);
    engine_config.writer_threads = 0;
    EXPECT(afterbeep_engine_create(&engine_config, &error, &engine), CONFIG);
    if (strcmp(error.field, "writer_threads") != 0 || strstr(error.text, "1 to 64") == NULL || engine != NULL)
        failures++, printf("the error does not say which field: %s\n", error.text);
    EXPECT(afterbeep_engine_create(NULL, NULL, &engine), OK);

    EXPECT(afterbeep_session_config_init(&config, sizeof config), OK);
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), INVALID_ARGUMENT);
    if (strcmp(error.field, "directory") != 0 || session.value != 0)
        failures++, printf("no directory: %s\n", error.text);
    config.directory = "/no/such/directory";
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), NOT_FOUND);
    config.directory = directory;
    EXPECT(afterbeep_session_open(NULL, &config, &error, &session), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_open(engine, NULL, &error, &session), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_open(engine, &config, &error, NULL), INVALID_ARGUMENT);
    config.file_name = "../escape.wav";
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), FILE_NAME);
    config.file_name = "\xff.wav";
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), INVALID_ARGUMENT);
    config.file_name = "abi_check.wav";
    config.sample_rate_hz = 11025;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), SAMPLE_RATE);
    config.sample_rate_hz = 8000;
    config.format = 9;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), INVALID_ARGUMENT);
    config.format = AFTERBEEP_FORMAT_ALAW;
    config.terminators = "x";
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    config.terminators = "any";
    config.silence_threshold_dbm0 = -81;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    config.silence_threshold_dbm0 = -40;
    config.silence_mode = 0;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), INVALID_ARGUMENT);
    config.silence_mode = AFTERBEEP_SILENCE_MODE_ADAPTIVE;
    config.silence_floor_min_dbm0 = -30;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    if (strcmp(error.field, "silence_floor_max_dbm0") != 0)
        failures++, printf("bounds upside down: %s\n", error.text);
    config.silence_floor_min_dbm0 = -55;
    config.file_rate_hz = 11025;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    if (strcmp(error.field, "file_rate_hz") != 0)
        failures++, printf("no such rate: %s\n", error.text);
    config.file_rate_hz = 16000;
    config.agc = 2;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), INVALID_ARGUMENT);
    config.agc = 1;
    config.agc_release_ms = 9;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    config.agc_release_ms = 1000;

    /* A caller with a newer header may set nothing that this library does not know. */
    memcpy(longer, &config, sizeof config);
    memcpy(longer, &size, sizeof size);
    longer[sizeof config] = 1;
    EXPECT(afterbeep_session_open(engine, (const afterbeep_session_config *)longer, &error, &session),
           INVALID_ARGUMENT);
    longer[sizeof config] = 0;
    size = 0x7FFFFFFF;
    memcpy(longer, &size, sizeof size);
    EXPECT(afterbeep_session_open(engine, (const afterbeep_session_config *)longer, &error, &session),
           INVALID_ARGUMENT);
    size = sizeof longer;
    memcpy(longer, &size, sizeof size);
    EXPECT(afterbeep_session_open(engine, (const afterbeep_session_config *)longer, &error, &session), OK);
    EXPECT(afterbeep_session_open(engine, &config, NULL, &(afterbeep_session){0}), EXISTS);
    EXPECT(afterbeep_session_cancel(session), OK);
    EXPECT(afterbeep_session_close(session), OK);
    afterbeep_engine_destroy(engine);
}

static void bad_calls(const char *directory)
{
    static int16_t pcm[AFTERBEEP_FRAME_MAX_SAMPLES + 1];
    const afterbeep_session none = {0}, foreign = {0xFFFFFFFFFFFFFFFFu};
    afterbeep_session_config config;
    afterbeep_engine *engine = NULL;
    afterbeep_session session;
    afterbeep_result result;
    char path[2];
    size_t length = 0;
    uint32_t state = 0;

    EXPECT(afterbeep_session_push(none, pcm, 160), FOREIGN);
    EXPECT(afterbeep_session_push(foreign, pcm, 160), FOREIGN);
    EXPECT(afterbeep_session_close(foreign), FOREIGN);
    EXPECT(afterbeep_session_config_init(&config, sizeof config), OK);
    EXPECT(afterbeep_engine_create(NULL, NULL, &engine), OK);
    config.directory = directory;
    config.beep = 0;
    EXPECT(afterbeep_session_open(engine, &config, NULL, &session), OK);
    EXPECT(afterbeep_session_push(session, NULL, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_push(session, NULL, 0), OK);
    EXPECT(afterbeep_session_push(session, pcm, AFTERBEEP_FRAME_MAX_SAMPLES + 1), FRAME_TOO_LONG);
    EXPECT(afterbeep_session_push_lost(session, AFTERBEEP_FRAME_MAX_SAMPLES + 1), FRAME_TOO_LONG);
    EXPECT(afterbeep_session_pull(session, NULL, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_writable_samples(session, NULL), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_state(session, NULL), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_state(session, &state), OK);
    EXPECT(afterbeep_session_digit(session, 'x'), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_result(session, 0, &result, sizeof result), NOT_FINISHED);
    EXPECT(afterbeep_session_push(session, pcm, 160), OK);
    EXPECT(afterbeep_session_hangup(session), OK);
    EXPECT(afterbeep_session_result(session, 10000, NULL, sizeof result), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_result(session, 10000, &result, 8), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_result(session, 10000, &result, sizeof result), OK);
    EXPECT(afterbeep_session_path(session, path, sizeof path, &length), BUFFER_TOO_SMALL);
    EXPECT(afterbeep_session_push(session, pcm, 160), ENDED);
    EXPECT(afterbeep_session_close(session), OK);
    EXPECT(afterbeep_session_close(session), STALE);
    EXPECT(afterbeep_session_push(session, pcm, 160), STALE);
    EXPECT(afterbeep_session_result(session, 0, &result, sizeof result), STALE);
    afterbeep_engine_destroy(engine);
    afterbeep_engine_destroy(NULL);
    if (state != AFTERBEEP_STATE_RECORDING || length < 20)
        failures++, printf("state %u, path of %zu bytes\n", (unsigned)state, length);
}

static void bad_dtmf(void)
{
    static union {
        uint64_t alignment;
        unsigned char bytes[AFTERBEEP_DTMF_BYTES];
    } memory;
    afterbeep_dtmf *dtmf = NULL;
    afterbeep_dtmf_profile profile;
    afterbeep_dtmf_event event;
    afterbeep_error error;
    int16_t pcm[160] = {0};
    const size_t size = afterbeep_dtmf_size();

    EXPECT(afterbeep_dtmf_profile_init(NULL, sizeof profile, NULL, NULL), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_profile_init(&profile, 8, NULL, &error), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_profile_init(&profile, sizeof profile, "us", &error), INVALID_ARGUMENT);
    if (strcmp(error.field, "name") != 0 || strstr(error.text, "`us`") == NULL || strstr(error.text, "att") == NULL)
        failures++, printf("the error does not say what is unknown: %s, %s\n", error.field, error.text);
    EXPECT(afterbeep_dtmf_profile_init(&profile, sizeof profile, "att", NULL), OK);
    EXPECT(afterbeep_dtmf_init(&memory, size, 8000, &profile, NULL, NULL), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_init(NULL, size, 8000, &profile, &error, &dtmf), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_init(memory.bytes + 1, size, 8000, &profile, &error, &dtmf), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_init(&memory, size - 1, 8000, &profile, &error, &dtmf), BUFFER_TOO_SMALL);
    EXPECT(afterbeep_dtmf_init(&memory, size, 44100, &profile, &error, &dtmf), SAMPLE_RATE);
    profile.reject_deviation_percent = 1.0f;
    EXPECT(afterbeep_dtmf_init(&memory, size, 8000, &profile, &error, &dtmf), CONFIG);
    if (strcmp(error.field, "reject_deviation_percent") != 0 || dtmf != NULL)
        failures++, printf("the error does not say which field: %s, %s\n", error.field, error.text);
    profile.struct_size = 4;
    EXPECT(afterbeep_dtmf_init(&memory, size, 8000, &profile, &error, &dtmf), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_init(&memory, size, 8000, NULL, NULL, &dtmf), OK);
    EXPECT(afterbeep_dtmf_push(NULL, pcm, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_push(dtmf, NULL, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_push(dtmf, NULL, 0), OK);
    EXPECT(afterbeep_dtmf_push(dtmf, pcm, 160), OK);
    EXPECT(afterbeep_dtmf_push_lost(dtmf, 160), OK);
    EXPECT(afterbeep_dtmf_push_lost(NULL, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_finish(dtmf), OK);
    EXPECT(afterbeep_dtmf_poll(dtmf, &event), NONE);
    EXPECT(afterbeep_dtmf_poll(dtmf, NULL), INVALID_ARGUMENT);
    printf("a DTMF receiver takes %zu bytes\n", size);
}

/* A key that comes as RTP packets, the first one lost and the last one repeated, while the file still records. */
static void signalled_digits(const char *directory)
{
    static const unsigned char packets[][4] = {{5, 10, 1, 64}, {5, 138, 1, 224}, {5, 138, 1, 224}};
    afterbeep_engine *engine = NULL;
    afterbeep_session_config config;
    afterbeep_session session;
    afterbeep_telephone_event packet;
    afterbeep_session_event event;
    afterbeep_dtmf_profile profile;
    afterbeep_error error;
    int16_t pcm[160] = {0};
    int i;

    EXPECT(afterbeep_engine_create(NULL, NULL, &engine), OK);
    EXPECT(afterbeep_session_config_init(&config, sizeof config), OK);
    EXPECT(afterbeep_dtmf_profile_init(&profile, sizeof profile, "relaxed", &error), OK);
    config.directory = directory;
    config.beep = 0;
    config.dtmf = &profile;
    profile.dial_tone_filter = 1;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    profile.dial_tone_filter = 0;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), OK);
    for (i = 0; i < 50; i++)
        EXPECT(afterbeep_session_push(session, pcm, 160), OK);
    EXPECT(afterbeep_telephone_event_parse(packets[0], 3, 160000, &packet), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_telephone_event(session, NULL), INVALID_ARGUMENT);
    for (i = 0; i < 3; i++) {
        EXPECT(afterbeep_telephone_event_parse(packets[i], 4, 160000, &packet), OK);
        EXPECT(afterbeep_session_telephone_event(session, &packet), OK);
        EXPECT(afterbeep_session_push(session, pcm, 160), OK);
    }
    EXPECT(afterbeep_session_poll_event(session, &event, 4), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_poll_event(session, &event, sizeof event), OK);
    if (event.event_type != AFTERBEEP_SESSION_EVENT_TYPE_DIGIT || event.digit != '5' ||
        event.digit_source != AFTERBEEP_DIGIT_SOURCE_SIGNALLED || event.start_sample != 8000 - 320)
        failures++, printf("digit %c at %llu\n", (char)event.digit, (unsigned long long)event.start_sample);
    EXPECT(afterbeep_session_poll_event(session, &event, sizeof event), NONE);
    EXPECT(afterbeep_session_cancel(session), OK);
    EXPECT(afterbeep_session_close(session), OK);
    EXPECT(afterbeep_session_poll_event(session, &event, sizeof event), STALE);
    afterbeep_engine_destroy(engine);
}

/* Tone plans, limits and signals that cannot be. */
static void bad_endings(const char *directory)
{
    static const afterbeep_tone_pattern learned = {AFTERBEEP_TONE_KIND_BUSY, {570}, {{320, 430}}};
    afterbeep_engine *engine = NULL;
    afterbeep_session_config config;
    afterbeep_session session;
    afterbeep_error error;
    afterbeep_result result;
    int16_t pcm[160] = {0};

    EXPECT(afterbeep_engine_create(NULL, NULL, &engine), OK);
    EXPECT(afterbeep_session_config_init(&config, sizeof config), OK);
    config.directory = directory;
    config.beep = 0;
    config.tone_plan = "gb,atlantis";
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    if (strcmp(error.field, "tone_plan") != 0 || strstr(error.text, "atlantis") == NULL)
        failures++, printf("unknown country: %s, %s\n", error.field, error.text);
    config.tone_plan = "gb,us,generic";
    config.learned = &learned;
    config.learned_count = 3;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    config.learned_count = 1;
    config.continuous_tone_ms = 10;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    if (strcmp(error.field, "continuous_tone_ms") != 0)
        failures++, printf("too short a tone: %s, %s\n", error.field, error.text);
    config.continuous_tone_ms = 3000;
    config.initial_silence_ms = 30000;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), CONFIG);
    config.initial_silence_ms = 0;
    config.mask_digits = 2;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), INVALID_ARGUMENT);
    config.mask_digits = 1;
    EXPECT(afterbeep_session_open(engine, &config, &error, &session), OK);
    EXPECT(afterbeep_session_pause(session, 3), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_restart(session, 2), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_line_drop(session, 2), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_push_at(session, 1000, NULL, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_push_at(session, 1000, pcm, 160), OK);
    EXPECT(afterbeep_session_push_at(session, 1000, pcm, 160), LATE);
    EXPECT(afterbeep_session_push_at(session, 1000000000, pcm, 160), TIMESTAMP_JUMP);
    EXPECT(afterbeep_session_push_at(session, 1000000480, pcm, 160), OK);
    EXPECT(afterbeep_session_pause(session, AFTERBEEP_PAUSE_MODE_GAP), OK);
    EXPECT(afterbeep_session_push(session, pcm, 160), OK);
    EXPECT(afterbeep_session_resume(session), OK);
    EXPECT(afterbeep_session_push(session, pcm, 160), OK);
    EXPECT(afterbeep_session_stop(session), OK);
    EXPECT(afterbeep_session_result(session, 10000, &result, sizeof result), OK);
    if (result.samples != 960 || result.line_lost_samples != 320 || result.late_samples != 160 ||
        result.timestamp_jumps != 1 || result.cut != AFTERBEEP_CUT_NOTHING || result.tone != 0)
        failures++, printf("%llu samples\n", (unsigned long long)result.samples);
    EXPECT(afterbeep_session_close(session), OK);
    afterbeep_engine_destroy(engine);
    if (strcmp(afterbeep_end_reason_str_in(AFTERBEEP_END_REASON_MAX_DURATION, AFTERBEEP_VOCABULARY_ASTERISK),
               "TIMEOUT") != 0 ||
        strcmp(afterbeep_tone_kind_str(AFTERBEEP_TONE_KIND_BUSY), "busy") != 0)
        failures++, printf("names\n");
}

static void bad_silence(void)
{
    afterbeep_silence *silence = NULL;
    afterbeep_session_config config;
    afterbeep_error error;
    uint32_t is_silence = 0;
    uint64_t since = 1;
    int16_t pcm[160] = {0};

    EXPECT(afterbeep_silence_create(8000, 1.0f, &silence), CONFIG);
    EXPECT(afterbeep_session_config_init(&config, sizeof config), OK);
    config.silence_mode = AFTERBEEP_SILENCE_MODE_ADAPTIVE;
    config.silence_start_above_floor_db = 3;
    EXPECT(afterbeep_silence_create_like(NULL, NULL, &silence), INVALID_ARGUMENT);
    EXPECT(afterbeep_silence_create_like(&config, &error, &silence), CONFIG);
    if (strcmp(error.field, "silence_start_above_floor_db") != 0 || silence != NULL)
        failures++, printf("hysteresis upside down: %s\n", error.text);
    config.silence_start_above_floor_db = 8;
    EXPECT(afterbeep_silence_create_like(&config, &error, &silence), OK);
    EXPECT(afterbeep_silence_push(silence, pcm, 160), OK);
    afterbeep_silence_destroy(silence);
    if (afterbeep_dbm0_from_mean_abs(256) < -34.1f || afterbeep_dbm0_from_mean_abs(256) > -33.9f)
        failures++, printf("256 is %.1f dBm0\n", (double)afterbeep_dbm0_from_mean_abs(256));
    EXPECT(afterbeep_silence_create(8000, -40.0f, &silence), OK);
    EXPECT(afterbeep_silence_push(silence, pcm, 160), OK);
    EXPECT(afterbeep_silence_state(silence, &is_silence, &since), OK);
    EXPECT(afterbeep_silence_state(silence, NULL, &since), INVALID_ARGUMENT);
    afterbeep_silence_destroy(silence);
    afterbeep_silence_destroy(NULL);
    if (is_silence != 1 || since != 0)
        failures++, printf("silence is not silent\n");
}

static void on_event(const afterbeep_engine_event *event, void *user_data)
{
    if (event->event_type == AFTERBEEP_ENGINE_EVENT_TYPE_FINISHED)
        *(volatile int *)user_data = 1;
}

/* What an engine tells: events, counts, gaps, and how it closes. */
static void engine_tells(const char *directory)
{
    afterbeep_engine *engine = NULL;
    afterbeep_session_config config;
    afterbeep_session sessions[3] = {{0}};
    afterbeep_engine_event event;
    afterbeep_statistics statistics;
    afterbeep_gap gaps[4];
    afterbeep_result result;
    afterbeep_status statuses[3];
    afterbeep_error error;
    int16_t pcm[160] = {0};
    const int16_t *frames[3] = {pcm, pcm, NULL};
    const size_t counts[3] = {160, AFTERBEEP_FRAME_MAX_SAMPLES + 1, 160};
    size_t count = 1, unfinished = 1;
    static char text[8192];
    volatile int finished = 0;
    int fd = -2;

    EXPECT(afterbeep_engine_create(NULL, NULL, &engine), OK);
    EXPECT(afterbeep_session_config_init(&config, sizeof config), OK);
    config.directory = directory;
    config.beep = 0;
    EXPECT(afterbeep_session_open(engine, &config, &error, &sessions[0]), OK);
    EXPECT(afterbeep_session_open(engine, &config, &error, &sessions[1]), OK);
    EXPECT(afterbeep_push_many(NULL, NULL, NULL, 0, NULL), OK);
    EXPECT(afterbeep_push_many(sessions, frames, NULL, 3, statuses), INVALID_ARGUMENT);
    EXPECT(afterbeep_push_many(sessions, frames, counts, 3, statuses), OK);
    EXPECT(statuses[0], OK);
    EXPECT(statuses[1], FRAME_TOO_LONG);
    EXPECT(statuses[2], INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_poll_event(engine, &event, 4), INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_poll_event(NULL, &event, sizeof event), INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_poll_event(engine, &event, sizeof event), NONE);
    EXPECT(afterbeep_engine_event_fd(engine, NULL), INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_event_fd(engine, &fd), OK);
    EXPECT(afterbeep_session_gaps(sessions[0], gaps, 4, &count), NOT_FINISHED);
    EXPECT(afterbeep_session_stop(sessions[0]), OK);
    EXPECT(afterbeep_engine_wait_event(engine, 10000, &event, sizeof event), OK);
    if (event.event_type != AFTERBEEP_ENGINE_EVENT_TYPE_FINISHED || event.session.value != sessions[0].value ||
        fd < 0)
        failures++, printf("event %u\n", event.event_type);
    EXPECT(afterbeep_session_result(sessions[0], 0, &result, sizeof result), OK);
    EXPECT(afterbeep_session_gaps(sessions[0], NULL, 4, &count), INVALID_ARGUMENT);
    EXPECT(afterbeep_session_gaps(sessions[0], gaps, 4, &count), OK);
    EXPECT(afterbeep_engine_statistics(engine, &statistics, 8), INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_statistics(engine, &statistics, sizeof statistics), OK);
    if (count != 0 || result.gap_count != 0 || statistics.opened_sessions != 2 || statistics.finished_messages != 1)
        failures++, printf("%llu finished\n", (unsigned long long)statistics.finished_messages);
    EXPECT(afterbeep_engine_prometheus(engine, text, 10, &count), BUFFER_TOO_SMALL);
    EXPECT(afterbeep_engine_prometheus(engine, text, sizeof text, &count), OK);
    if (strlen(text) != count || strstr(text, "\nafterbeep_sessions_opened_total 2\n") == NULL)
        failures++, printf("%s\n", text);
    EXPECT(afterbeep_engine_set_event_callback(engine, NULL, NULL), INVALID_ARGUMENT);
    EXPECT(afterbeep_engine_set_event_callback(engine, on_event, (void *)&finished), OK);
    EXPECT(afterbeep_engine_close(engine, 10000, &unfinished), OK);
    if (unfinished != 0 || finished != 1)
        failures++, printf("%zu unfinished\n", unfinished);
    EXPECT(afterbeep_engine_unfinished_path(engine, 0, text, sizeof text, NULL), NONE);
    EXPECT(afterbeep_engine_close(engine, 10000, NULL), CLOSED);
    EXPECT(afterbeep_engine_statistics(engine, &statistics, sizeof statistics), CLOSED);
    EXPECT(afterbeep_session_open(engine, &config, &error, &sessions[2]), CLOSED);
    EXPECT(afterbeep_session_push(sessions[1], pcm, 160), STALE);
    afterbeep_engine_destroy(engine);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    bad_configurations(argv[1]);
    bad_calls(argv[1]);
    bad_dtmf();
    signalled_digits(argv[1]);
    bad_endings(argv[1]);
    bad_silence();
    engine_tells(argv[1]);
    if (strcmp(afterbeep_end_reason_str(AFTERBEEP_END_REASON_DTMF), "dtmf") != 0)
        failures++;
    printf("%d failures\n", failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
