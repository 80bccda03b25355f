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
SAME(sizeof(afterbeep_engine_config), 24);
SAME(offsetof(afterbeep_engine_config, ring_ms), 20);
SAME(sizeof(afterbeep_result), 72);
SAME(offsetof(afterbeep_result, samples), 24);
SAME(sizeof(afterbeep_dtmf_event), 32);
SAME(offsetof(afterbeep_dtmf_event, digit), 24);
#if UINTPTR_MAX == UINT64_MAX
SAME(sizeof(afterbeep_session_config), 80);
SAME(offsetof(afterbeep_session_config, directory), 8);
SAME(offsetof(afterbeep_session_config, terminators), 56);
#endif
SAME(AFTERBEEP_STATUS_OK, 0);
SAME(AFTERBEEP_STATUS_INTERNAL, -20);
SAME(AFTERBEEP_END_REASON_DTMF, 1);
SAME(AFTERBEEP_END_REASON_ERROR, 13);
SAME(AFTERBEEP_STATE_ENDED, 4);
SAME(AFTERBEEP_FORMAT_ULAW, 3);

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

static void bad_detectors(void)
{
    afterbeep_dtmf *dtmf = NULL;
    afterbeep_silence *silence = NULL;
    afterbeep_dtmf_event event;
    uint32_t is_silence = 0;
    uint64_t since = 1;
    int16_t pcm[160] = {0};

    EXPECT(afterbeep_dtmf_create(8000, NULL), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_create(44100, &dtmf), SAMPLE_RATE);
    EXPECT(afterbeep_dtmf_push(NULL, pcm, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_create(8000, &dtmf), OK);
    EXPECT(afterbeep_dtmf_push(dtmf, NULL, 160), INVALID_ARGUMENT);
    EXPECT(afterbeep_dtmf_push(dtmf, pcm, 160), OK);
    EXPECT(afterbeep_dtmf_poll(dtmf, &event), NONE);
    EXPECT(afterbeep_dtmf_poll(dtmf, NULL), INVALID_ARGUMENT);
    afterbeep_dtmf_destroy(dtmf);
    afterbeep_dtmf_destroy(NULL);
    EXPECT(afterbeep_silence_create(8000, 1.0f, &silence), CONFIG);
    EXPECT(afterbeep_silence_create(8000, -40.0f, &silence), OK);
    EXPECT(afterbeep_silence_push(silence, pcm, 160), OK);
    EXPECT(afterbeep_silence_state(silence, &is_silence, &since), OK);
    EXPECT(afterbeep_silence_state(silence, NULL, &since), INVALID_ARGUMENT);
    afterbeep_silence_destroy(silence);
    afterbeep_silence_destroy(NULL);
    if (is_silence != 1 || since != 0)
        failures++, printf("silence is not silent\n");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    bad_configurations(argv[1]);
    bad_calls(argv[1]);
    bad_detectors();
    if (strcmp(afterbeep_end_reason_str(AFTERBEEP_END_REASON_DTMF), "dtmf") != 0)
        failures++;
    printf("%d failures\n", failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
