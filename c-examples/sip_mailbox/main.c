/* A SIP answering machine: one call at a time on 127.0.0.1. It answers, beeps, records, and says BYE when the message
 * is over. See usage(); it prints a line for each call.
 *
 *   main.c     options, SIP        call.c     RTP, the message        reorder.c  RTP packets in their order
 *
 * libre runs everything on one thread, which is therefore both [media] and [control]; what blocks there is only the
 * opening of the file. A host with a media thread calls push_at and pull on that, and the rest elsewhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"

enum { LINGER_MS = 1000 }; /* for the last BYE's answer */

static struct {
    uint16_t port;
    unsigned calls; /* exit after so many; 0 for never */
    afterbeep_session_config config;

    afterbeep_engine *engine;
    struct sip *sip;
    struct sipsess_sock *sock;
    struct sa local;
    struct call *call;
    unsigned answered;
    bool leaving;
    struct tmr linger;
} mailbox;

static void usage(const char *program)
{
    fprintf(stderr,
            "usage: %s [OPTION VALUE]... PORT DIRECTORY\n"
            "  --calls N                exit after N calls; 0 (default) for never\n"
            "  --beep 0|1               1 by default\n"
            "  --echo-guard-ms MS       what arrives so long after the beep is not recorded\n"
            "  --max-duration-ms MS     20000 by default, 0 for no limit\n"
            "  --initial-silence-ms MS  0 (default) for off\n"
            "  --final-silence-ms MS    0 (default) for off\n"
            "  --tone-plan CC,...       disconnect tones, such as gb,us,generic; off by default\n"
            "PORT 0 takes any that is free.\n",
            program);
    exit(2);
}

static void on_sip_closed(void *arg)
{
    (void)arg;
    re_cancel();
}

static void on_linger(void *arg)
{
    sipsess_close_all(mailbox.sock);
    sip_close(mailbox.sip, true);
    on_sip_closed(arg);
}

/* No further call; a BYE that is under way may come to its end. */
static void leave(void)
{
    sip_close(mailbox.sip, false);
    tmr_start(&mailbox.linger, LINGER_MS, on_linger, NULL);
}

static void on_done(struct call *call)
{
    mailbox.call = mem_deref(call);
    if (mailbox.leaving || mailbox.answered == mailbox.calls)
        leave();
}

static void on_signal(int signal)
{
    (void)signal;
    mailbox.leaving = true;
    if (mailbox.call != NULL)
        call_stop(mailbox.call);
    else
        leave();
}

static void on_invite(const struct sip_msg *invite, void *arg)
{
    int error;
    (void)arg;
    if (mailbox.call != NULL || mailbox.leaving || (mailbox.calls != 0 && mailbox.answered == mailbox.calls)) {
        (void)sip_treply(NULL, mailbox.sip, invite, 486, "Busy Here");
        return;
    }
    error = call_alloc(&mailbox.call, mailbox.answered + 1, mailbox.engine, &mailbox.config, &mailbox.local, invite->mb,
                       on_done);
    if (error == 0)
        error = call_accept(mailbox.call, mailbox.sock, invite);
    if (error == 0) {
        mailbox.answered++;
        return;
    }
    fprintf(stderr, "INVITE refused: %s\n", strerror(error));
    mailbox.call = mem_deref(mailbox.call);
    (void)(error == EIO ? sip_treply(NULL, mailbox.sip, invite, 500, "Server Error")
                        : sip_treply(NULL, mailbox.sip, invite, 488, "Not Acceptable Here"));
}

static uint32_t number(const char *program, const char *text)
{
    char *end;
    unsigned long value = text != NULL ? strtoul(text, &end, 10) : 0;
    if (text == NULL || *text < '0' || *text > '9' || *end != '\0' || value > UINT32_MAX)
        usage(program);
    return (uint32_t)value;
}

static void read_options(char **argv)
{
    const struct {
        const char *name;
        uint32_t *value;
    } options[] = {
        {"--calls", &mailbox.calls},
        {"--beep", &mailbox.config.beep},
        {"--echo-guard-ms", &mailbox.config.echo_guard_ms},
        {"--max-duration-ms", &mailbox.config.max_duration_ms},
        {"--initial-silence-ms", &mailbox.config.initial_silence_ms},
        {"--final-silence-ms", &mailbox.config.final_silence_ms},
    };
    const char *program = *argv++;
    uint32_t port;
    size_t option;
    for (; *argv != NULL && strncmp(*argv, "--", 2) == 0; argv += 2) {
        if (strcmp(*argv, "--tone-plan") == 0 && argv[1] != NULL) {
            mailbox.config.tone_plan = argv[1];
            continue;
        }
        for (option = 0; option < sizeof options / sizeof *options; option++)
            if (strcmp(*argv, options[option].name) == 0)
                break;
        if (option == sizeof options / sizeof *options)
            usage(program);
        *options[option].value = number(program, argv[1]);
    }
    port = number(program, *argv);
    if (port > UINT16_MAX || argv[1] == NULL || argv[2] != NULL)
        usage(program);
    mailbox.port = (uint16_t)port;
    mailbox.config.directory = argv[1];
}

static int listen_for_calls(void)
{
    int error = sa_set_str(&mailbox.local, "127.0.0.1", mailbox.port);
    if (error == 0)
        error = sip_alloc(&mailbox.sip, NULL, 32, 32, 32, "afterbeep sip_mailbox", on_sip_closed, NULL);
    if (error == 0)
        error = sip_transp_add(mailbox.sip, SIP_TRANSP_UDP, &mailbox.local);
    if (error == 0)
        error = sip_transp_laddr(mailbox.sip, &mailbox.local, SIP_TRANSP_UDP, &mailbox.local);
    if (error == 0)
        error = sipsess_listen(&mailbox.sock, mailbox.sip, 32, on_invite, NULL);
    if (error == 0)
        printf("listening on 127.0.0.1:%u\n", sa_port(&mailbox.local));
    return error;
}

int main(int argc, char **argv)
{
    afterbeep_error why;
    int error;

    (void)argc;
    if (afterbeep_session_config_init(&mailbox.config, sizeof mailbox.config) != AFTERBEEP_STATUS_OK)
        return EXIT_FAILURE;
    read_options(argv);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (afterbeep_engine_create(NULL, &why, &mailbox.engine) != AFTERBEEP_STATUS_OK) {
        fprintf(stderr, "engine: %s\n", why.text);
        return EXIT_FAILURE;
    }
    error = libre_init();
    if (error == 0)
        error = listen_for_calls();
    if (error == 0)
        error = re_main(on_signal);
    if (error != 0)
        fprintf(stderr, "SIP: %s\n", strerror(error));

    tmr_cancel(&mailbox.linger);
    mem_deref(mailbox.call);
    mem_deref(mailbox.sock);
    mem_deref(mailbox.sip);
    libre_close();
    afterbeep_engine_destroy(mailbox.engine); /* waits until every message is on the disk */
    return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
