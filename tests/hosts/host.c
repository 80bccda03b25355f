/* Hosts that behave as real ones do: they destroy what they use, use what they destroyed, fork, lose threads, and are
 * showered with signals. Each kind is a mode of this program; 0 is success.
 *
 *   host MODE DIRECTORY [CYCLES] [HOSTILE_CALLS]
 */
#include "require.h"

#include <afterbeep.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAME 160

static const char *directory;

static afterbeep_engine *create(void)
{
    afterbeep_engine_config config;
    afterbeep_engine *engine = NULL;

    OK(afterbeep_engine_config_init(&config, sizeof config));
    config.poll_interval_ms = 1;
    OK(afterbeep_engine_create(&config, NULL, &engine));
    return engine;
}

static afterbeep_session open_session(afterbeep_engine *engine)
{
    afterbeep_session_config config;
    afterbeep_session session;

    OK(afterbeep_session_config_init(&config, sizeof config));
    config.directory = directory;
    config.beep = 0;
    config.max_duration_ms = 0;
    OK(afterbeep_session_open(engine, &config, NULL, &session));
    return session;
}

static void expect_samples(afterbeep_session session, uint64_t samples)
{
    afterbeep_result result;

    OK(afterbeep_session_hangup(session));
    OK(afterbeep_session_result(session, 20000, &result, sizeof result));
    REQUIRE(result.complete == 1 && result.samples == samples);
    OK(afterbeep_session_close(session));
}

/* ---- destroy against push; stale, double and foreign handles ---- */

#define PLACES 64
#define PUSHERS 3

static _Atomic uint64_t places[PLACES];
static atomic_bool over;
static atomic_ullong calls, pushed;
static unsigned long long hostile_calls;

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void *push_whatever(void *seed)
{
    uint64_t random = (uint64_t)(uintptr_t)seed * 0x9E3779B97F4A7C15u + 1;
    int16_t frame[FRAME] = {0}, heard[FRAME];
    uint64_t former = 0;

    while (!atomic_load_explicit(&over, memory_order_relaxed)) {
        unsigned long long ok = 0;
        for (int i = 0; i < 1000; i++) {
            uint64_t dice = next_random(&random);
            uint64_t value = atomic_load_explicit(&places[dice % PLACES], memory_order_relaxed);
            size_t room;
            if (dice >> 60 == 0)
                value = dice; /* nobody ever gave it out */
            else if (dice >> 60 == 1)
                value = former; /* most likely closed by now */
            else if (dice >> 60 == 2)
                value += (uint64_t)1 << 32; /* not given out yet */
            else
                former = value;
            afterbeep_session session = {value};
            afterbeep_status status;
            switch ((dice >> 56) & 7) {
            case 0: status = afterbeep_session_pull(session, heard, FRAME); break;
            case 1: status = afterbeep_session_push_lost(session, 7); break;
            case 2: status = afterbeep_session_writable_samples(session, &room); break;
            default: status = afterbeep_session_push(session, frame, dice % 3 ? 0 : FRAME); break;
            }
            switch (status) {
            case AFTERBEEP_STATUS_OK: ok++; break;
            case AFTERBEEP_STATUS_OVERRUN:
            case AFTERBEEP_STATUS_BUSY:
            case AFTERBEEP_STATUS_ENDED:
            case AFTERBEEP_STATUS_STALE:
            case AFTERBEEP_STATUS_FOREIGN: break;
            default:
                fprintf(stderr, "a media call answered %d\n", (int)status);
                exit(1);
            }
        }
        atomic_fetch_add(&pushed, ok);
        atomic_fetch_add(&calls, 1000);
    }
    return NULL;
}

static void hammer(unsigned long cycles)
{
    afterbeep_engine *engine = create();
    pthread_t pushers[PUSHERS];
    uint64_t random = 88172645463325252u;
    unsigned long cycle = 0;

    for (size_t i = 0; i < PLACES; i++)
        atomic_store(&places[i], open_session(engine).value);
    for (size_t i = 0; i < PUSHERS; i++)
        REQUIRE(pthread_create(&pushers[i], NULL, push_whatever, (void *)(uintptr_t)(i + 1)) == 0);
    for (; cycle < cycles || atomic_load(&calls) < hostile_calls; cycle++) {
        if (cycle >= cycles) {
            usleep(1000);
            continue;
        }
        size_t place = next_random(&random) % PLACES;
        afterbeep_session session = {atomic_load(&places[place])};
        switch (cycle % 4) {
        case 0: OK(afterbeep_session_cancel(session)); break;
        case 1: OK(afterbeep_session_stop(session)); break;
        default: break;
        }
        OK(afterbeep_session_close(session));
        REQUIRE(afterbeep_session_close(session) == AFTERBEEP_STATUS_STALE);
        REQUIRE(afterbeep_session_hangup(session) == AFTERBEEP_STATUS_STALE);
        atomic_store(&places[place], open_session(engine).value);
    }
    /* The engine goes while they push. */
    afterbeep_engine_destroy(engine);
    usleep(20000);
    for (size_t i = 0; i < PLACES; i++) {
        afterbeep_session session = {atomic_load(&places[i])};
        REQUIRE(afterbeep_session_close(session) == AFTERBEEP_STATUS_STALE);
    }
    atomic_store(&over, true);
    for (size_t i = 0; i < PUSHERS; i++)
        REQUIRE(pthread_join(pushers[i], NULL) == 0);
    REQUIRE(atomic_load(&pushed) > 0);
    printf("%lu sessions destroyed while %llu calls came, %llu of them taken\n", cycles, atomic_load(&calls),
           atomic_load(&pushed));
}

/* ---- fork ---- */

static void fork_host(void)
{
    afterbeep_engine *engine = create();
    afterbeep_session session = open_session(engine);
    int16_t frame[FRAME] = {0};
    int status;

    OK(afterbeep_session_push(session, frame, FRAME));
    pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        afterbeep_engine *another = NULL;
        afterbeep_result result;
        alarm(20); /* a hang is a failure */
        REQUIRE(afterbeep_session_push(session, frame, FRAME) == AFTERBEEP_STATUS_FORKED);
        REQUIRE(afterbeep_session_hangup(session) == AFTERBEEP_STATUS_FORKED);
        REQUIRE(afterbeep_session_result(session, 0, &result, sizeof result) == AFTERBEEP_STATUS_FORKED);
        REQUIRE(afterbeep_session_close(session) == AFTERBEEP_STATUS_FORKED);
        REQUIRE(afterbeep_engine_create(NULL, NULL, &another) == AFTERBEEP_STATUS_FORKED);
        afterbeep_engine_destroy(engine);
        _exit(0);
    }
    OK(afterbeep_session_push(session, frame, FRAME));
    REQUIRE(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    expect_samples(session, 2 * FRAME);
    afterbeep_engine_destroy(engine);
}

/* ---- a thread that goes without closing ---- */

static void *open_and_leave(void *engine)
{
    afterbeep_session session = open_session(engine);
    int16_t frame[FRAME] = {0};

    OK(afterbeep_session_push(session, frame, FRAME));
    return (void *)(uintptr_t)session.value;
}

static void threads(void)
{
    afterbeep_engine *engine = create();

    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        void *value;
        int16_t frame[FRAME] = {0};
        REQUIRE(pthread_create(&thread, NULL, open_and_leave, engine) == 0);
        REQUIRE(pthread_join(thread, &value) == 0);
        afterbeep_session session = {(uintptr_t)value};
        OK(afterbeep_session_push(session, frame, FRAME));
        expect_samples(session, 2 * FRAME);
    }
    afterbeep_engine_destroy(engine);
}

/* ---- signals ---- */

static atomic_int signals, strange_signals;
static pid_t host_thread;

static void count(int signal)
{
    (void)signal;
    atomic_fetch_add(&signals, 1);
    if (syscall(SYS_gettid) != host_thread)
        atomic_fetch_add(&strange_signals, 1);
}

static void signal_storm(void)
{
    struct sigaction action = {0};
    struct itimerval often = {{0, 100}, {0, 100}}, never = {{0, 0}, {0, 0}};
    struct rlimit limit;
    int16_t frame[FRAME];
    afterbeep_result result;

    host_thread = (pid_t)syscall(SYS_gettid);
    action.sa_handler = count; /* without SA_RESTART: every call may be interrupted */
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &often, NULL) == 0);
    afterbeep_engine *engine = create();
    for (int call = 0; call < 20; call++) {
        afterbeep_session session = open_session(engine);
        for (int tick = 0; tick < 50; tick++) {
            for (int i = 0; i < FRAME; i++)
                frame[i] = (int16_t)(tick * FRAME + i);
            OK(afterbeep_session_push(session, frame, FRAME));
        }
        expect_samples(session, 50 * FRAME);
    }
    REQUIRE(setitimer(ITIMER_REAL, &never, NULL) == 0);
    REQUIRE(atomic_load(&signals) > 20 && atomic_load(&strange_signals) == 0);
    printf("%d signals, none of them in a thread of the library\n", atomic_load(&signals));

    /* A limit on file sizes: its signal would kill the host, which must not meet it in a log of its own. */
    fflush(stdout);
    REQUIRE(getrlimit(RLIMIT_FSIZE, &limit) == 0);
    limit.rlim_cur = 20000;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    afterbeep_session session = open_session(engine);
    memset(frame, 1, sizeof frame);
    for (int tick = 0; tick < 100; tick++) {
        afterbeep_status status = afterbeep_session_push(session, frame, FRAME);
        REQUIRE(status == AFTERBEEP_STATUS_OK || status == AFTERBEEP_STATUS_ENDED);
    }
    OK(afterbeep_session_hangup(session));
    OK(afterbeep_session_result(session, 20000, &result, sizeof result));
    REQUIRE(result.complete == 0 && result.os_error == 27 /* EFBIG */ && result.samples > 9000);
    OK(afterbeep_session_close(session));

    /* One that not even the header fits into: opening meets it on the host's own thread. */
    afterbeep_session_config config;
    afterbeep_error error;
    limit.rlim_cur = 0;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    OK(afterbeep_session_config_init(&config, sizeof config));
    config.directory = directory;
    REQUIRE(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_IO && error.os_error == 27);
    afterbeep_engine_destroy(engine);
}

int main(int argc, char **argv)
{
    REQUIRE(argc >= 3);
    const char *mode = argv[1];
    unsigned long cycles = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

    directory = argv[2];
    hostile_calls = argc > 4 ? strtoull(argv[4], NULL, 10) : 0;
    if (strcmp(mode, "hammer") == 0)
        hammer(cycles);
    else if (strcmp(mode, "fork") == 0)
        fork_host();
    else if (strcmp(mode, "threads") == 0)
        threads();
    else if (strcmp(mode, "signals") == 0)
        signal_storm();
    else
        REQUIRE(!"no such mode");
    return 0;
}
