/* The whole life of one message: the caller's audio comes from a WAV file in frames of 20 ms, the
 * message goes to another one.
 *
 *   record_message CALLER.wav DIRECTORY [NAME]
 */
#include <afterbeep.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wav.h"

enum { FRAME_SAMPLES = 160 }; /* 20 ms at 8 kHz */

static int fail(const char *what, afterbeep_status status, const char *text)
{
    fprintf(stderr, "%s: %s\n", what, text != NULL && text[0] != '\0' ? text : afterbeep_status_str(status));
    return EXIT_FAILURE;
}

/* A file is faster than real time: wait until the ring has room, so that nothing is lost. */
static afterbeep_status wait_for_room(afterbeep_session session, size_t sample_count)
{
    const struct timespec moment = {0, 1000000};
    size_t room = 0;
    for (;;) {
        afterbeep_status status = afterbeep_session_writable_samples(session, &room);
        if (status != AFTERBEEP_STATUS_OK || room >= sample_count)
            return status;
        nanosleep(&moment, NULL);
    }
}

/* One call: every 20 ms the caller sends a frame and hears one. */
static afterbeep_status take_call(afterbeep_session session, FILE *caller, uint32_t left)
{
    int16_t sent[FRAME_SAMPLES], heard[FRAME_SAMPLES];
    size_t count;
    while ((count = wav_read(caller, sent, left < FRAME_SAMPLES ? left : FRAME_SAMPLES)) > 0) {
        afterbeep_status status = wait_for_room(session, count);
        if (status == AFTERBEEP_STATUS_OK)
            status = afterbeep_session_push(session, sent, count);
        if (status == AFTERBEEP_STATUS_OK)
            status = afterbeep_session_pull(session, heard, count); /* the beep; a switch sends it out */
        if (status != AFTERBEEP_STATUS_OK)
            return status;
        left -= (uint32_t)count;
    }
    return afterbeep_session_hangup(session);
}

static int report(afterbeep_session session)
{
    afterbeep_result result;
    char path[4096] = "no file";
    afterbeep_status status = afterbeep_session_result(session, 10000, &result, sizeof result);
    if (status != AFTERBEEP_STATUS_OK)
        return fail("no result", status, NULL);
    if (result.has_file) {
        status = afterbeep_session_path(session, path, sizeof path, NULL);
        if (status != AFTERBEEP_STATUS_OK)
            return fail("no path", status, NULL);
    }
    printf("%s: ended by %s %c after %llu ms, %llu samples trimmed, %s\n", path, afterbeep_end_reason_str(result.end_reason),
           result.end_digit != 0 ? (char)result.end_digit : ' ', (unsigned long long)result.duration_ms,
           (unsigned long long)result.trimmed_samples, result.complete ? "complete" : "INCOMPLETE");
    return result.complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    afterbeep_error error;
    afterbeep_engine_config engine_config;
    afterbeep_session_config config;
    afterbeep_engine *engine = NULL;
    afterbeep_session session;
    afterbeep_status status;
    const char *why;
    uint32_t sample_count;
    FILE *caller;
    int done;

    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: %s CALLER.wav DIRECTORY [NAME]\n", argv[0]);
        return 2;
    }
    if (afterbeep_version() >> 8 != (AFTERBEEP_VERSION_MAJOR << 8 | AFTERBEEP_VERSION_MINOR))
        return fail("library", AFTERBEEP_STATUS_OK, "another version than the header's");
    caller = wav_open(argv[1], &sample_count, &why);
    if (caller == NULL)
        return fail(argv[1], AFTERBEEP_STATUS_OK, why);

    /* The engine: once a process. The defaults suit real time; a file is fed faster. */
    status = afterbeep_engine_config_init(&engine_config, sizeof engine_config);
    engine_config.poll_interval_ms = 1;
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_engine_create(&engine_config, &error, &engine);
    if (status != AFTERBEEP_STATUS_OK)
        return fail("engine", status, error.text);

    /* The session: once a call. Beep, `#` ends, 20 s at most, unless the fields say otherwise. */
    status = afterbeep_session_config_init(&config, sizeof config);
    config.directory = argv[2];
    config.file_name = argc > 3 ? argv[3] : NULL;
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_session_open(engine, &config, &error, &session);
    if (status != AFTERBEEP_STATUS_OK) {
        afterbeep_engine_destroy(engine);
        return fail("session", status, error.text);
    }

    status = take_call(session, caller, sample_count);
    if (status == AFTERBEEP_STATUS_OK || status == AFTERBEEP_STATUS_ENDED)
        done = report(session);
    else
        done = fail("call", status, NULL);

    (void)afterbeep_session_close(session);
    afterbeep_engine_destroy(engine);
    fclose(caller);
    return done;
}
