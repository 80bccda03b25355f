/* Not an example: what the store and the element answer to bad arguments.
 *
 *   store_check DIRECTORY
 */
#include <afterbeep.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;

static void expect(int line, const char *call, afterbeep_status status, afterbeep_status wanted)
{
    if (status != wanted) {
        fprintf(stderr, "%d: %s is %d (%s), not %d\n", line, call, (int)status, afterbeep_status_str(status), (int)wanted);
        failures++;
    }
}

#define ANSWERS(wanted, call) expect(__LINE__, #call, call, AFTERBEEP_STATUS_##wanted)
#define CHECK(what)                                                                                                    \
    do {                                                                                                               \
        if (!(what)) {                                                                                                 \
            fprintf(stderr, "%d: not so: %s\n", __LINE__, #what);                                                      \
            failures++;                                                                                                \
        }                                                                                                              \
    } while (0)

static void tenants(afterbeep_store *store)
{
    static const char *const bad[] = {"", ".", "..", "../1001", "a/b", "a\\b", "/abs", "a\nb", ".hidden"};
    afterbeep_error error = {0};
    afterbeep_tenant tenant;
    afterbeep_tenant_deletion deletion;
    ANSWERS(INVALID_ARGUMENT, afterbeep_tenant_init(NULL, sizeof tenant));
    ANSWERS(INVALID_ARGUMENT, afterbeep_tenant_init(&tenant, 8));
    ANSWERS(OK, afterbeep_tenant_init(&tenant, sizeof tenant));
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_add_tenant(store, &tenant, &error)); /* no id */
    for (size_t index = 0; index < sizeof bad / sizeof *bad; index++) {
        tenant.id = bad[index];
        ANSWERS(CONFIG, afterbeep_store_add_tenant(store, &tenant, &error));
        CHECK(error.text[0] != '\0');
    }
    tenant.id = "\xff\xfe";
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_add_tenant(store, &tenant, &error));
    tenant.id = "1001";
    tenant.time_zone = "Moon/Crater";
    ANSWERS(CONFIG, afterbeep_store_add_tenant(store, &tenant, &error));
    tenant.time_zone = NULL;
    tenant.name_template = "{volume}/{vdn}/{nonsense}";
    ANSWERS(CONFIG, afterbeep_store_add_tenant(store, &tenant, &error));
    CHECK(strcmp(error.field, "name_template") == 0);
    tenant.name_template = NULL;
    tenant.volume = "nowhere";
    ANSWERS(UNKNOWN, afterbeep_store_add_tenant(store, &tenant, &error));
    tenant.volume = NULL;
    tenant.struct_size = 4;
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_add_tenant(store, &tenant, &error));
    tenant.struct_size = sizeof tenant;
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_add_tenant(NULL, &tenant, &error));
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_add_tenant(store, NULL, &error));
    ANSWERS(OK, afterbeep_store_add_tenant(store, &tenant, NULL));
    ANSWERS(TAKEN, afterbeep_store_add_tenant(store, &tenant, &error));
    ANSWERS(UNKNOWN, afterbeep_store_delete_tenant(store, "9", &error, &deletion, sizeof deletion));
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_delete_tenant(store, "1001", &error, NULL, sizeof deletion));
    ANSWERS(UNKNOWN, afterbeep_store_import_agents(store, "9", "agent_id\n1\n", &error));
    ANSWERS(UNKNOWN, afterbeep_store_move_volume(store, "nowhere", "/", &error));
}

static void records(afterbeep_store *store)
{
    static const char none[] = "01890a5d-ac96-774b-bcce-b302099a8057";
    afterbeep_error error = {0};
    afterbeep_query query;
    afterbeep_page *page = NULL;
    afterbeep_sweep_report report;
    uint64_t count = 9;
    uint32_t more = 9;
    int fd = 0;
    ANSWERS(OK, afterbeep_query_init(&query, sizeof query));
    query.tenant = "9";
    ANSWERS(UNKNOWN, afterbeep_store_list(store, &query, &error, &page));
    CHECK(page == NULL);
    query.tenant = "1001";
    query.status = 77;
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_list(store, &query, &error, &page));
    query.status = AFTERBEEP_ANY;
    query.after = "nonsense";
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_list(store, &query, &error, &page));
    query.after = NULL;
    query.limit = 0;
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_list(store, &query, &error, &page));
    query.limit = 1;
    ANSWERS(OK, afterbeep_store_count(store, &query, &error, &count, &more));
    CHECK(count == 0 && more == 0);
    ANSWERS(UNKNOWN, afterbeep_store_get(store, none, &error, &page));
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_get(store, "no id", &error, &page));
    ANSWERS(UNKNOWN, afterbeep_store_allocate(store, none, "2001", NULL, &error));
    ANSWERS(UNKNOWN, afterbeep_store_set_hold(store, none, 1, NULL, &error));
    ANSWERS(UNKNOWN, afterbeep_store_open_audio(store, none, NULL, &error, &fd));
    CHECK(fd == -1);
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_sweep(store, 0, 7, &error, &report, sizeof report));
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_sweep(store, 0, 0, &error, NULL, sizeof report));
    ANSWERS(OK, afterbeep_store_sweep(store, 0, 1, &error, &report, sizeof report));
    CHECK(report.deleted == 0 && report.kept == 0);
    ANSWERS(CONFIG, afterbeep_store_adopt(store, "default", "../outside.wav", &error));
    CHECK(afterbeep_page_size(NULL) == 0);
    afterbeep_page_destroy(NULL);
}

static void elements(afterbeep_store *store)
{
    static const char *const bad[] = {"", "[]", "{}", "{\"tenant\": \"1001\", \"nonsense\": 1}", "{\"tenant\": 7}"};
    afterbeep_error error = {0};
    afterbeep_leave_message *element = NULL;
    afterbeep_element_runner *runner = NULL;
    afterbeep_element_call *call = NULL;
    afterbeep_element_call_config config;
    afterbeep_variables *variables = NULL;
    afterbeep_outcome outcome;
    afterbeep_engine *engine = NULL;
    afterbeep_daily_sweep *sweep = NULL;
    char text[8] = "";
    size_t length = 0;
    for (size_t index = 0; index < sizeof bad / sizeof *bad; index++) {
        ANSWERS(CONFIG, afterbeep_leave_message_create_from_json(bad[index], &error, &element));
        CHECK(element == NULL && error.text[0] != '\0');
    }
    ANSWERS(OK, afterbeep_engine_create(NULL, NULL, &engine));
    ANSWERS(OK, afterbeep_element_runner_create(store, NULL, &error, &runner));
    ANSWERS(OK, afterbeep_variables_create(&variables));
    ANSWERS(OK, afterbeep_variables_set_number(variables, "file", 7));
    ANSWERS(OK, afterbeep_element_call_config_init(&config, sizeof config));
    config.variables = variables;
    ANSWERS(OK, afterbeep_leave_message_create_from_json(
                    "{\"tenant\": \"1001\", \"file_name_variable\": \"file\", \"error_branch\": true}", &error, &element));
    ANSWERS(VARIABLE, afterbeep_element_begin(runner, engine, element, &config, &error, &call)); /* a number */
    CHECK(call == NULL);
    ANSWERS(OK, afterbeep_element_refused(element, variables, &outcome, sizeof outcome));
    CHECK(outcome.branch == AFTERBEEP_BRANCH_ERROR && outcome.has_record == 0);
    ANSWERS(OK, afterbeep_variables_set_text(variables, "file", "before"));
    ANSWERS(OK, afterbeep_element_begin(runner, engine, element, &config, &error, &call));
    ANSWERS(NOT_FINISHED, afterbeep_element_call_finish(call, 0, variables, &error, &outcome, sizeof outcome));
    ANSWERS(OK, afterbeep_session_cancel(afterbeep_element_call_session(call)));
    ANSWERS(OK, afterbeep_element_call_finish(call, 10000, variables, &error, &outcome, sizeof outcome));
    CHECK(outcome.branch == AFTERBEEP_BRANCH_NEXT && outcome.has_record == 0 && outcome.path == NULL);
    ANSWERS(CLOSED, afterbeep_element_call_finish(call, 0, variables, &error, &outcome, sizeof outcome));
    ANSWERS(OK, afterbeep_variables_get(variables, "file", text, sizeof text, &length));
    CHECK(length == 0 && text[0] == '\0');
    afterbeep_element_call_destroy(call);
    afterbeep_leave_message_destroy(element);
    ANSWERS(OK, afterbeep_leave_message_create_from_json("{\"tenant\": \"9\"}", &error, &element));
    ANSWERS(UNKNOWN, afterbeep_element_begin(runner, engine, element, &config, &error, &call));
    ANSWERS(INVALID_ARGUMENT, afterbeep_element_begin(NULL, engine, element, &config, &error, &call));
    ANSWERS(INVALID_ARGUMENT, afterbeep_daily_sweep_create(store, 24, 0, NULL, NULL, NULL, &error, &sweep));
    ANSWERS(CONFIG, afterbeep_daily_sweep_create(store, 3, 0, "Moon/Crater", NULL, NULL, &error, &sweep));
    ANSWERS(OK, afterbeep_daily_sweep_create(store, 3, 0, "UTC", NULL, NULL, &error, &sweep));
    afterbeep_daily_sweep_destroy(sweep);
    afterbeep_leave_message_destroy(element);
    afterbeep_variables_destroy(variables);
    afterbeep_element_runner_destroy(runner);
    afterbeep_engine_destroy(engine);
}

int main(int argc, char **argv)
{
    afterbeep_error error = {0};
    afterbeep_store_config config;
    afterbeep_store *store = NULL;
    afterbeep_query query;
    afterbeep_page *page = NULL;
    if (argc != 2)
        return 2;
    ANSWERS(OK, afterbeep_store_config_init(&config, sizeof config));
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_create(&config, &error, &store)); /* no directory */
    config.directory = argv[1];
    ANSWERS(STORE_MISSING, afterbeep_store_create(&config, &error, &store));
    CHECK(store == NULL);
    config.create = 2;
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_create(&config, &error, &store));
    config.create = 1;
    ANSWERS(INVALID_ARGUMENT, afterbeep_store_create(&config, &error, NULL));
    ANSWERS(OK, afterbeep_store_create(&config, &error, &store));
    tenants(store);
    records(store);
    elements(store);
    ANSWERS(OK, afterbeep_query_init(&query, sizeof query));
    ANSWERS(OK, afterbeep_store_close(store));
    ANSWERS(CLOSED, afterbeep_store_close(store));
    ANSWERS(CLOSED, afterbeep_store_list(store, &query, &error, &page));
    afterbeep_store_destroy(store);
    afterbeep_store_destroy(NULL);
    if (failures == 0)
        puts("all answered as documented");
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
