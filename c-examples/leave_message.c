/* A Leave Message element of a call flow: whose the message is, who handles it, where it goes, how long it stays.
 *
 *   leave_message CALLER.wav DIRECTORY
 *
 * DIRECTORY becomes a store with a tenant and an agent, if it is none yet.
 */
#include <afterbeep.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wav.h"

enum { FRAME_SAMPLES = 160 }; /* 20 ms at 8 kHz */

static const char *const TENANT = "1001";

static int fail(const char *what, afterbeep_status status, const afterbeep_error *error)
{
    const char *text = error != NULL && error->text[0] != '\0' ? error->text : afterbeep_status_str(status);
    fprintf(stderr, "%s: %s\n", what, text);
    return EXIT_FAILURE;
}

/* What an administrator does once. */
static afterbeep_status prepare(afterbeep_store *store, afterbeep_error *error)
{
    afterbeep_tenant tenant;
    afterbeep_status status = afterbeep_tenant_init(&tenant, sizeof tenant);
    if (status != AFTERBEEP_STATUS_OK)
        return status;
    tenant.id = TENANT;
    tenant.time_zone = "Europe/Madrid";
    tenant.retention_s = 30 * 86400;
    status = afterbeep_store_add_tenant(store, &tenant, error);
    if (status != AFTERBEEP_STATUS_OK)
        return status == AFTERBEEP_STATUS_TAKEN ? AFTERBEEP_STATUS_OK : status;
    return afterbeep_store_import_agents(store, TENANT, "agent_id,name\n2001,Ana\n2002,Luis\n", error);
}

/* A file is faster than real time: wait until the ring has room, so that nothing is lost. */
static afterbeep_status feed(afterbeep_session session, FILE *caller)
{
    const struct timespec moment = {0, 1000000};
    int16_t sent[FRAME_SAMPLES];
    size_t count, room = 0;
    while ((count = wav_read(caller, sent, FRAME_SAMPLES)) > 0) {
        afterbeep_status status = afterbeep_session_writable_samples(session, &room);
        while (status == AFTERBEEP_STATUS_OK && room < count) {
            nanosleep(&moment, NULL);
            status = afterbeep_session_writable_samples(session, &room);
        }
        if (status == AFTERBEEP_STATUS_OK)
            status = afterbeep_session_push(session, sent, count);
        if (status != AFTERBEEP_STATUS_OK)
            return status;
    }
    return afterbeep_session_hangup(session);
}

/* The flow's variables in, the branch that it takes and its variables out. */
static int leave(afterbeep_store *store, afterbeep_engine *engine, FILE *caller, afterbeep_outcome *outcome)
{
    afterbeep_error error = {0};
    afterbeep_leave_message_config config;
    afterbeep_leave_message *element = NULL;
    afterbeep_element_runner *runner = NULL;
    afterbeep_element_call_config call_config;
    afterbeep_element_call *call = NULL;
    afterbeep_variables *variables = NULL;
    char file[1024] = "";
    int exit_status = EXIT_FAILURE;

    afterbeep_status status = afterbeep_leave_message_config_init(&config, sizeof config);
    if (status != AFTERBEEP_STATUS_OK)
        return fail("element", status, NULL);
    config.tenant = TENANT;
    config.node_name = "Leave a message";
    config.agent_variable = "agent";
    config.caller_variable = "caller";
    config.file_name_variable = "recording_file";
    config.error_branch = 1;

    /* Element and runner serve any number of calls. */
    if ((status = afterbeep_leave_message_create(&config, &error, &element)) != AFTERBEEP_STATUS_OK ||
        (status = afterbeep_element_runner_create(store, NULL, &error, &runner)) != AFTERBEEP_STATUS_OK ||
        (status = afterbeep_variables_create(&variables)) != AFTERBEEP_STATUS_OK ||
        (status = afterbeep_variables_set_text(variables, "agent", "2001")) != AFTERBEEP_STATUS_OK ||
        (status = afterbeep_variables_set_text(variables, "caller", "+34911")) != AFTERBEEP_STATUS_OK ||
        (status = afterbeep_element_call_config_init(&call_config, sizeof call_config)) != AFTERBEEP_STATUS_OK) {
        fail("element", status, &error);
        goto done;
    }
    call_config.variables = variables;
    status = afterbeep_element_begin(runner, engine, element, &call_config, &error, &call);
    if (status != AFTERBEEP_STATUS_OK) {
        fail("no message can be left", status, &error);
        goto done;
    }
    status = feed(afterbeep_element_call_session(call), caller);
    if (status != AFTERBEEP_STATUS_OK && status != AFTERBEEP_STATUS_ENDED) {
        fail("call", status, NULL);
        goto done;
    }
    status = afterbeep_element_call_finish(call, 10000, variables, &error, outcome, sizeof *outcome);
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_variables_get(variables, "recording_file", file, sizeof file, NULL);
    /* The record follows on a thread of its own; who wants to see it at once waits. */
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_element_runner_flush(runner, 10000);
    if (status != AFTERBEEP_STATUS_OK) {
        fail("result", status, &error);
        goto done;
    }
    printf("ended by %s, branch %u, file %s\n", afterbeep_end_reason_str(outcome->end_reason), outcome->branch, file);
    exit_status = EXIT_SUCCESS;
done:
    afterbeep_element_call_destroy(call);
    afterbeep_variables_destroy(variables);
    afterbeep_element_runner_destroy(runner);
    afterbeep_leave_message_destroy(element);
    return exit_status;
}

/* What an agent's desktop does. */
static int handle(afterbeep_store *store, const char *id)
{
    afterbeep_error error = {0};
    afterbeep_query query;
    afterbeep_page *page = NULL;
    afterbeep_message message;
    afterbeep_sweep_report report;
    afterbeep_status status = afterbeep_query_init(&query, sizeof query);
    if (status != AFTERBEEP_STATUS_OK)
        return fail("query", status, NULL);
    query.tenant = TENANT;
    query.status = AFTERBEEP_MESSAGE_STATUS_UNPROCESSED;
    if ((status = afterbeep_store_list(store, &query, &error, &page)) != AFTERBEEP_STATUS_OK)
        return fail("list", status, &error);
    for (size_t index = 0; index < afterbeep_page_size(page); index++) {
        status = afterbeep_page_message(page, index, &message, sizeof message);
        if (status == AFTERBEEP_STATUS_OK)
            printf("%s from %s for %s, %" PRIu64 " ms, %" PRIu64 " ms of it sound\n", message.id, message.caller,
                   message.agent, message.duration_ms, message.spoken_ms);
    }
    afterbeep_page_destroy(page);
    if ((status = afterbeep_store_allocate(store, id, "2002", "supervisor", &error)) != AFTERBEEP_STATUS_OK ||
        (status = afterbeep_store_set_status(store, id, AFTERBEEP_MESSAGE_STATUS_PROCESSED, "2002", &error)) !=
            AFTERBEEP_STATUS_OK ||
        (status = afterbeep_store_sweep(store, 0, 0, &error, &report, sizeof report)) != AFTERBEEP_STATUS_OK)
        return fail("message", status, &error);
    printf("processed; a sweep deleted %" PRIu64 " and kept %" PRIu64 "\n", report.deleted, report.kept);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    afterbeep_error error = {0};
    afterbeep_store_config config;
    afterbeep_store *store = NULL;
    afterbeep_engine *engine = NULL;
    afterbeep_outcome outcome;
    const char *why;
    uint32_t sample_count = 0;
    int exit_status;
    FILE *caller;

    if (argc != 3) {
        fprintf(stderr, "usage: %s CALLER.wav DIRECTORY\n", argv[0]);
        return 2;
    }
    if ((caller = wav_open(argv[1], &sample_count, &why)) == NULL) {
        fprintf(stderr, "%s %s\n", argv[1], why);
        return EXIT_FAILURE;
    }
    afterbeep_status status = afterbeep_store_config_init(&config, sizeof config);
    config.directory = argv[2];
    config.create = 1;
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_store_create(&config, &error, &store);
    if (status == AFTERBEEP_STATUS_OK)
        status = prepare(store, &error);
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_engine_create(NULL, &error, &engine);
    if (status == AFTERBEEP_STATUS_OK)
        status = afterbeep_store_tell_engine(store, engine, &error);
    exit_status = status == AFTERBEEP_STATUS_OK ? leave(store, engine, caller, &outcome) : fail("start", status, &error);
    if (exit_status == EXIT_SUCCESS)
        exit_status = handle(store, outcome.message_id);
    fclose(caller);
    afterbeep_engine_destroy(engine);
    afterbeep_store_destroy(store);
    return exit_status;
}
