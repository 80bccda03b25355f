/* A media thread that RealtimeSanitizer watches: every media call, in every state of a session. The first one that
 * allocates, locks or calls the system ends the program with exit code 43; 0 is success.
 *
 *   realtime DIRECTORY
 */
#include "line.h"
#include "require.h"

#include <afterbeep.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAME 160
/* Before this one, in the recording, the control thread acts. */
#define CONTROL_FRAME 20

/* Of the sanitizer. */
void __rtsan_realtime_enter(void);
void __rtsan_realtime_exit(void);

static const char *directory;
static afterbeep_engine *engine;
/* Bit n: state n, and status -n, were seen. */
static atomic_ulong states, statuses;

static afterbeep_status seen(afterbeep_status status)
{
    atomic_fetch_or(&statuses, 1ul << -status);
    return status;
}

static bool was_seen(afterbeep_status status)
{
    return atomic_load(&statuses) >> -status & 1;
}

/* ---- what the caller says ---- */

static void says_nothing(void) { silence(2000); }
static void speaks(void) { noise(4000); }
static void presses_the_last_key(void) { noise(300), key('5'), noise(200), key('#'); }
static void falls_silent(void) { noise(300), key('5'), silence(1000); }
static void is_engaged(void)
{
    /* The ring holds it as a whole. */
    for (int i = 0; i < 4; i++)
        sound(240, 425, 425, 3000), silence(240);
}

/* ---- what the control thread does ---- */

static void hangs_up(afterbeep_session session) { OK(afterbeep_session_hangup(session)); }
static void stops(afterbeep_session session) { OK(afterbeep_session_stop(session)); }
static void cancels(afterbeep_session session) { OK(afterbeep_session_cancel(session)); }
static void signals(afterbeep_session session) { OK(afterbeep_session_digit(session, '#')); }
static void masks(afterbeep_session session) { OK(afterbeep_session_pause(session, AFTERBEEP_PAUSE_MODE_SILENCE)); }
static void skips(afterbeep_session session) { OK(afterbeep_session_pause(session, AFTERBEEP_PAUSE_MODE_GAP)); }
static void resumes(afterbeep_session session) { OK(afterbeep_session_resume(session)); }
static void starts_over(afterbeep_session session) { OK(afterbeep_session_restart(session, 1)); }
static void drops(afterbeep_session session) { OK(afterbeep_session_line_drop(session, 1)); }
static void sends_events(afterbeep_session session)
{
    for (uint8_t event = 5; event <= 11; event += 6) {
        uint32_t began = (CONTROL_FRAME - 1) * FRAME + event;
        afterbeep_telephone_event packet = {.rtp_timestamp = began, .duration = FRAME, .event = event, .volume = 10};
        OK(afterbeep_session_telephone_event(session, &packet));
    }
}

/* ---- scenes ---- */

/* It depends on the session whether it ends by itself or by hanging up. */
#define EITHER 0

struct scene {
    const char *name;
    void (*line)(void);
    uint32_t reason; /* or EITHER */
    uint32_t frame; /* before which the control thread acts */
    void (*control)(afterbeep_session);
    void (*later)(afterbeep_session); /* 20 frames after that */
};

static const struct scene scenes[] = {
    {"key", presses_the_last_key, AFTERBEEP_END_REASON_DTMF, 0, NULL, NULL},
    {"final silence", falls_silent, AFTERBEEP_END_REASON_FINAL_SILENCE, 0, NULL, NULL},
    {"initial silence", says_nothing, AFTERBEEP_END_REASON_INITIAL_SILENCE, 0, NULL, NULL},
    {"maximum", speaks, AFTERBEEP_END_REASON_MAX_DURATION, 0, NULL, NULL},
    {"hang-up in the beep", speaks, AFTERBEEP_END_REASON_HANGUP, 1, hangs_up, NULL},
    {"hang-up in the guard", speaks, AFTERBEEP_END_REASON_HANGUP, 4, hangs_up, NULL},
    {"hang-up", speaks, AFTERBEEP_END_REASON_HANGUP, CONTROL_FRAME, hangs_up, NULL},
    {"stop", speaks, AFTERBEEP_END_REASON_STOPPED, CONTROL_FRAME, stops, NULL},
    {"cancel", speaks, AFTERBEEP_END_REASON_CANCELLED, CONTROL_FRAME, cancels, NULL},
    {"signalled key", speaks, AFTERBEEP_END_REASON_DTMF, CONTROL_FRAME, signals, NULL},
    {"telephone events", speaks, AFTERBEEP_END_REASON_DTMF, CONTROL_FRAME, sends_events, NULL},
    {"mask", speaks, AFTERBEEP_END_REASON_MAX_DURATION, CONTROL_FRAME, masks, resumes},
    {"gap", speaks, AFTERBEEP_END_REASON_MAX_DURATION, CONTROL_FRAME, skips, resumes},
    {"starting over", speaks, AFTERBEEP_END_REASON_MAX_DURATION, CONTROL_FRAME, starts_over, NULL},
    {"starting over masked", speaks, EITHER, CONTROL_FRAME, masks, starts_over},
    {"line drop", speaks, AFTERBEEP_END_REASON_HANGUP, CONTROL_FRAME, drops, NULL},
};
#define SCENES (sizeof scenes / sizeof *scenes)

/* How frames come. */
enum way { PUSH, PUSH_AT, PUSH_MANY, WAYS };

static afterbeep_session open_session(bool everything, bool engaged)
{
    afterbeep_session_config config;
    afterbeep_session session;

    OK(afterbeep_session_config_init(&config, sizeof config));
    config.directory = directory;
    config.beep_duration_ms = 60;
    config.echo_guard_ms = 40;
    config.max_duration_ms = 1000;
    config.initial_silence_ms = 400;
    config.final_silence_ms = 200;
    if (everything) {
        config.start_on_speech = 1;
        config.mask_digits = 1;
        config.trim_final_silence = 1;
        config.silence_mode = AFTERBEEP_SILENCE_MODE_ADAPTIVE;
        config.comfort_noise_dbm0 = -60;
        config.tone_plan = "de,gb,us,generic";
    }
    if (engaged) {
        config.initial_silence_ms = config.final_silence_ms = config.max_duration_ms = 0;
        config.tone_plan = "de,gb,us,generic";
    }
    OK(afterbeep_session_open(engine, &config, NULL, &session));
    return session;
}

/* What a media thread does each 20 ms. Every seventh frame is missing unless the line is to be whole. */
static afterbeep_status tick(afterbeep_session session, enum way way, bool whole, uint32_t number, const int16_t *frame)
{
    int16_t heard[FRAME];
    size_t room, count = FRAME;
    uint32_t state;
    afterbeep_status status;

    __rtsan_realtime_enter();
    seen(afterbeep_session_writable_samples(session, &room));
    seen(afterbeep_session_pull(session, heard, FRAME));
    if (seen(afterbeep_session_state(session, &state)) == AFTERBEEP_STATUS_OK)
        atomic_fetch_or(&states, 1ul << state);
    if (way == PUSH_AT) {
        /* The next one tells of the missing one by its timestamp; each fifth one comes twice. */
        status = AFTERBEEP_STATUS_OK;
        if (whole || number % 7 != 6)
            status = afterbeep_session_push_at(session, number * FRAME, frame, FRAME);
        if (number % 5 == 4)
            seen(afterbeep_session_push_at(session, (number - 1) * FRAME, frame, FRAME));
    } else if (!whole && number % 7 == 6) {
        status = afterbeep_session_push_lost(session, FRAME);
    } else if (way == PUSH_MANY) {
        REQUIRE(afterbeep_push_many(&session, &frame, &count, 1, &status) == AFTERBEEP_STATUS_OK);
    } else {
        status = afterbeep_session_push(session, frame, FRAME);
    }
    __rtsan_realtime_exit();
    return seen(status);
}

/* Plays the line to its end, or the session's; then the caller hangs up. */
static void play(afterbeep_session session, const struct scene *scene, enum way way, bool whole)
{
    line_samples = 0;
    scene->line();
    for (uint32_t number = 0; number < line_samples / FRAME; number++) {
        if (scene->control != NULL && number == scene->frame)
            scene->control(session);
        if (scene->later != NULL && number == scene->frame + 20)
            scene->later(session);
        if (tick(session, way, whole, number, line + number * FRAME) == AFTERBEEP_STATUS_ENDED)
            break;
    }
    OK(afterbeep_session_hangup(session));
}

/* The message ended as it had to; its handle is stale then. */
static void check(afterbeep_session session, const struct scene *scene, bool complete)
{
    int16_t frame[FRAME] = {0};
    afterbeep_result result = {0};
    afterbeep_status status = afterbeep_session_result(session, 20000, &result, sizeof result);

    bool right = scene->reason == EITHER || result.end_reason == scene->reason;
    if (status != AFTERBEEP_STATUS_OK || !right || result.complete != complete) {
        fprintf(stderr, "%s: status %d, ended as %s, complete %u\n", scene->name, (int)status,
                afterbeep_end_reason_str(result.end_reason), (unsigned)result.complete);
        exit(1);
    }
    OK(afterbeep_session_close(session));
    REQUIRE(tick(session, PUSH, true, 0, frame) == AFTERBEEP_STATUS_STALE);
}

static void play_scenes(void)
{
    static const struct scene engaged = {
        "engaged tone", is_engaged, AFTERBEEP_END_REASON_DISCONNECT_TONE, 0, NULL, NULL,
    };
    static afterbeep_session sessions[2][WAYS][SCENES + 1];

    for (int everything = 0; everything < 2; everything++)
        for (enum way way = 0; way < WAYS; way++) {
            afterbeep_session *session = sessions[everything][way];
            for (size_t i = 0; i < SCENES; i++) {
                session[i] = open_session(everything, false);
                play(session[i], &scenes[i], way, false);
            }
            session[SCENES] = open_session(everything, true);
            play(session[SCENES], &engaged, way, true);
        }
    for (int everything = 0; everything < 2; everything++)
        for (enum way way = 0; way < WAYS; way++)
            for (size_t i = 0; i <= SCENES; i++)
                check(sessions[everything][way][i], i < SCENES ? &scenes[i] : &engaged, true);
}

/* The timestamps jump; then comes more than the ring takes, whose writer looks but twice a second; then long losses. */
static void overrun(bool everything)
{
    static const struct scene scene = {"overrun", NULL, AFTERBEEP_END_REASON_HANGUP, 0, NULL, NULL};
    afterbeep_session session = open_session(everything, true);

    line_samples = 0;
    noise(20);
    tick(session, PUSH_AT, true, 0, line);
    REQUIRE(tick(session, PUSH_AT, true, 1000000, line) == AFTERBEEP_STATUS_TIMESTAMP_JUMP);
    for (uint32_t number = 1000001; number < 1000500; number++)
        tick(session, PUSH_AT, true, number, line);
    REQUIRE(was_seen(AFTERBEEP_STATUS_OVERRUN));
    for (int i = 0; i < 5; i++) {
        __rtsan_realtime_enter();
        seen(afterbeep_session_push_lost(session, AFTERBEEP_FRAME_MAX_SAMPLES));
        __rtsan_realtime_exit();
    }
    OK(afterbeep_session_hangup(session));
    check(session, &scene, false);
}

/* What is no session, and no frame. */
static void refused(void)
{
    static int16_t frame[AFTERBEEP_FRAME_MAX_SAMPLES + 1];
    static const uint64_t foreign[] = {0, 1, 0xffffffff, UINT64_MAX};
    afterbeep_session session = open_session(true, false), none = {0};
    const int16_t *no_frame = NULL;
    size_t count = FRAME;
    afterbeep_status status;

    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        for (enum way way = 0; way < WAYS; way++)
            tick((afterbeep_session){foreign[i]}, way, true, 4, frame);
    __rtsan_realtime_enter();
    seen(afterbeep_session_push(session, NULL, FRAME));
    seen(afterbeep_session_push_at(session, 0, NULL, FRAME));
    seen(afterbeep_session_pull(session, NULL, FRAME));
    seen(afterbeep_session_writable_samples(session, NULL));
    seen(afterbeep_session_state(session, NULL));
    seen(afterbeep_push_many(NULL, NULL, NULL, 1, NULL));
    seen(afterbeep_push_many(&session, &no_frame, &count, 1, &status));
    seen(status);
    seen(afterbeep_session_push(session, frame, AFTERBEEP_FRAME_MAX_SAMPLES + 1));
    seen(afterbeep_session_push_at(session, 0, frame, AFTERBEEP_FRAME_MAX_SAMPLES + 1));
    seen(afterbeep_session_push_lost(session, AFTERBEEP_FRAME_MAX_SAMPLES + 1));
    seen(afterbeep_session_pull(session, frame, AFTERBEEP_FRAME_MAX_SAMPLES + 1));
    seen(afterbeep_session_push_lost(none, FRAME));
    __rtsan_realtime_exit();
    OK(afterbeep_session_close(session));
}

/* ---- two media threads on one session, which is closed meanwhile ---- */

static void *push_until_stale(void *value)
{
    static const int16_t frame[AFTERBEEP_FRAME_MAX_SAMPLES];
    afterbeep_session session = {(uintptr_t)value};
    afterbeep_status status;

    do {
        tick(session, PUSH, true, 0, frame);
        __rtsan_realtime_enter();
        status = seen(afterbeep_session_push(session, frame, AFTERBEEP_FRAME_MAX_SAMPLES));
        __rtsan_realtime_exit();
    } while (status != AFTERBEEP_STATUS_STALE);
    return NULL;
}

static void close_meanwhile(void)
{
    alarm(120); /* a hang is a failure */
    for (int i = 0; i < 20 || !was_seen(AFTERBEEP_STATUS_BUSY); i++) {
        afterbeep_session session = open_session(i % 2, true);
        pthread_t threads[2];
        for (int thread = 0; thread < 2; thread++)
            REQUIRE(pthread_create(&threads[thread], NULL, push_until_stale, (void *)(uintptr_t)session.value) == 0);
        usleep(20000);
        OK(afterbeep_session_restart(session, 0));
        OK(afterbeep_session_close(session));
        for (int thread = 0; thread < 2; thread++)
            REQUIRE(pthread_join(threads[thread], NULL) == 0);
    }
    alarm(0);
}

static void fork_meanwhile(void)
{
    int16_t frame[FRAME] = {0};
    afterbeep_session session = open_session(true, false);
    pid_t child = fork();
    int status;

    REQUIRE(child >= 0);
    if (child == 0)
        _exit(tick(session, PUSH, true, 0, frame) == AFTERBEEP_STATUS_FORKED ? 0 : 1);
    REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    OK(afterbeep_session_close(session));
}

int main(int argc, char **argv)
{
    static const afterbeep_status answers[] = {
        AFTERBEEP_STATUS_OK,    AFTERBEEP_STATUS_ENDED,   AFTERBEEP_STATUS_OVERRUN,
        AFTERBEEP_STATUS_BUSY,  AFTERBEEP_STATUS_STALE,   AFTERBEEP_STATUS_FOREIGN,
        AFTERBEEP_STATUS_LATE,  AFTERBEEP_STATUS_TIMESTAMP_JUMP,
        AFTERBEEP_STATUS_FRAME_TOO_LONG, AFTERBEEP_STATUS_INVALID_ARGUMENT,
    };
    afterbeep_engine_config config;

    REQUIRE(argc == 2);
    directory = argv[1];
    OK(afterbeep_engine_config_init(&config, sizeof config));
    config.poll_interval_ms = 500;
    OK(afterbeep_engine_create(&config, NULL, &engine));
    play_scenes();
    overrun(false);
    overrun(true);
    refused();
    close_meanwhile();
    fork_meanwhile();
    afterbeep_engine_destroy(engine);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (!was_seen(answers[i])) {
            fprintf(stderr, "nobody was answered %d\n", (int)answers[i]);
            return 1;
        }
    for (uint32_t state = AFTERBEEP_STATE_BEEP; state <= AFTERBEEP_STATE_AWAITING_SPEECH; state++)
        REQUIRE(atomic_load(&states) >> state & 1);
    printf("%zu scenes, each in 6 ways; every state and every answer of a media call\n", SCENES + 1);
    return 0;
}
