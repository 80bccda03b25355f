/* What a session's configuration says about its file, found again in the file. */
#include <afterbeep.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME = 160, HEADER_BYTES = 104, PLAIN_HEADER_BYTES = 44 };

static int failures;
static afterbeep_engine *engine;
static afterbeep_result result;
/* The file of the last recording. */
static unsigned char file[400000];
static size_t file_bytes;

#define CHECK(holds) ((holds) ? (void)0 : (void)(failures++, printf("line %d: not %s\n", __LINE__, #holds)))

static void defaults(afterbeep_session_config *config, const char *directory)
{
    CHECK(afterbeep_session_config_init(config, sizeof *config) == AFTERBEEP_STATUS_OK);
    config->directory = directory;
    config->beep = 0;
}

static void read_file(afterbeep_session session, size_t index)
{
    char path[4096];
    FILE *stream;
    file_bytes = 0;
    CHECK(afterbeep_session_path_at(session, index, path, sizeof path, NULL) == AFTERBEEP_STATUS_OK);
    stream = fopen(path, "rb");
    if (stream == NULL)
        return;
    file_bytes = fread(file, 1, sizeof file, stream);
    fclose(stream);
}

/* Records so many frames of a square wave, and reads the first file. The session is the caller's to close. */
static afterbeep_session record(const afterbeep_session_config *config, int frames, int16_t peak)
{
    afterbeep_session session;
    afterbeep_error error;
    int16_t pcm[FRAME];
    int i;
    for (i = 0; i < FRAME; i++)
        pcm[i] = i / 8 % 2 ? peak : (int16_t)-peak;
    memset(&result, 0, sizeof result);
    if (afterbeep_session_open(engine, config, &error, &session) != AFTERBEEP_STATUS_OK) {
        failures++, printf("%s\n", error.text);
        return session;
    }
    for (i = 0; i < frames; i++) {
        size_t room = 0;
        while (afterbeep_session_writable_samples(session, &room) == AFTERBEEP_STATUS_OK && room < FRAME) {}
        CHECK(afterbeep_session_push(session, pcm, FRAME) == AFTERBEEP_STATUS_OK);
    }
    CHECK(afterbeep_session_hangup(session) == AFTERBEEP_STATUS_OK);
    CHECK(afterbeep_session_result(session, 10000, &result, sizeof result) == AFTERBEEP_STATUS_OK);
    CHECK(result.complete == 1);
    read_file(session, 0);
    return session;
}

static void record_and_close(const afterbeep_session_config *config, int frames, int16_t peak)
{
    CHECK(afterbeep_session_close(record(config, frames, peak)) == AFTERBEEP_STATUS_OK);
}

static int has(const char *text)
{
    size_t i, length = strlen(text);
    for (i = 0; i + length <= file_bytes; i++)
        if (memcmp(file + i, text, length) == 0)
            return 1;
    return 0;
}

/* The loudest of the last 20 ms, of a file without metadata. */
static int last_peak(void)
{
    size_t at = file_bytes - 2 * FRAME;
    int peak = 0;
    for (; at < file_bytes; at += 2) {
        const int sample = abs((int16_t)(uint16_t)(file[at] | file[at + 1] << 8));
        peak = sample > peak ? sample : peak;
    }
    return peak;
}

static void headers(const char *directory)
{
    afterbeep_session_config config;
    defaults(&config, directory);
    record_and_close(&config, 50, 1000);
    CHECK(file_bytes == HEADER_BYTES + 2 * 50 * FRAME && has("aftb") && !has("LIST"));
    CHECK(result.durability == AFTERBEEP_DURABILITY_INTERVAL && result.file_count == 1);
    CHECK(result.appended_to_samples == 0 && last_peak() == 1000);

    config.header_style = AFTERBEEP_HEADER_STYLE_PLAIN;
    config.durability = AFTERBEEP_DURABILITY_BATCH;
    record_and_close(&config, 50, 1000);
    CHECK(file_bytes == PLAIN_HEADER_BYTES + 2 * 50 * FRAME && memcmp(file + 36, "data", 4) == 0);
    CHECK(result.durability == AFTERBEEP_DURABILITY_BATCH);

    defaults(&config, directory);
    config.metadata = 1;
    config.node_name = "after-hours";
    config.caller = "+34 600 123";
    record_and_close(&config, 50, 1000);
    CHECK(has("LIST") && has("ICRD") && has("ISFT") && has("INAM") && has("IART"));
    CHECK(has("afterbeep 0.1") && has("after-hours") && has("+34 600 123"));
    config.metadata = 0;
    config.caller = NULL;
    record_and_close(&config, 50, 1000);
    CHECK(has("INAM") && has("after-hours") && !has("ICRD") && !has("IART"));
}

static void rate_and_level(const char *directory)
{
    afterbeep_session_config config;
    int fast, slow;
    defaults(&config, directory);
    config.file_rate_hz = 16000;
    record_and_close(&config, 50, 1000);
    CHECK((file[60] | file[61] << 8) == 16000 && result.samples == 2 * 50 * FRAME);

    defaults(&config, directory);
    config.gain_db = 6.0206f;
    record_and_close(&config, 50, 1000);
    CHECK(abs(last_peak() - 2000) <= 1);

    /* A quiet talker is raised by no more than the maximum, sooner or later; a loud one falls to the target. */
    defaults(&config, directory);
    config.agc = 1;
    config.agc_target_dbm0 = -3;
    config.agc_max_gain_db = 6.0206f;
    config.agc_release_ms = 10;
    record_and_close(&config, 60, 1500);
    fast = last_peak();
    CHECK(abs(fast - 3000) <= 6);
    config.agc_release_ms = 10000;
    record_and_close(&config, 60, 1500);
    slow = last_peak();
    CHECK(slow > 1500 && slow < 2200);
    config.agc_max_gain_db = 40;
    config.agc_target_dbm0 = -20;
    config.agc_attack_ms = 10;
    record_and_close(&config, 60, 20000);
    fast = last_peak();
    config.agc_attack_ms = 10000;
    record_and_close(&config, 60, 20000);
    slow = last_peak();
    CHECK(fast < 3000 && slow > 10000);
    config.agc_attack_ms = 10;
    config.agc_target_dbm0 = -30;
    record_and_close(&config, 60, 20000);
    CHECK(last_peak() < fast / 2);
}

static void several_files(const char *directory)
{
    const int seam = (65536 - HEADER_BYTES) / 2;
    afterbeep_session_config config;
    afterbeep_session session;
    afterbeep_error error;
    char path[4096];
    defaults(&config, directory);
    config.file_name = "file_settings.wav";
    config.max_duration_ms = 0;
    config.max_file_kib = 64;
    session = record(&config, 250, 1000);
    CHECK(result.file_count == 2 && result.samples == 250 * FRAME && file_bytes == 65536);
    read_file(session, 1);
    CHECK(file_bytes == (size_t)(HEADER_BYTES + 2 * (250 * FRAME - seam)));
    CHECK(afterbeep_session_path_at(session, 1, path, sizeof path, NULL) == AFTERBEEP_STATUS_OK);
    CHECK(strstr(path, "/file_settings_0002.wav") != NULL);
    CHECK(afterbeep_session_path_at(session, 2, path, sizeof path, NULL) == AFTERBEEP_STATUS_NONE);
    CHECK(afterbeep_session_close(session) == AFTERBEEP_STATUS_OK);
    remove(path);

    config.large_file = AFTERBEEP_LARGE_FILE_RF64;
    CHECK(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_CONFIG);
    CHECK(strcmp(error.field, "max_file_kib") == 0);
    config.large_file = 3;
    CHECK(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_INVALID_ARGUMENT);
    config.large_file = AFTERBEEP_LARGE_FILE_SPLIT;
    config.max_file_kib = 0;

    config.append = 1;
    record_and_close(&config, 10, 1000);
    CHECK(result.appended_to_samples == (uint64_t)seam && result.samples == (uint64_t)seam + 10 * FRAME);
    CHECK(result.file_count == 1 && file_bytes == 65536 + 2 * 10 * FRAME);
    config.format = AFTERBEEP_FORMAT_ULAW;
    CHECK(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_MESSAGE_DIFFERENT);
    CHECK(strcmp(error.field, "format") == 0);
    config.format = AFTERBEEP_FORMAT_PCM16;
    CHECK(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_OK);
    CHECK(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_MESSAGE_IN_USE);
    config.file_name = "no_such.wav";
    CHECK(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_MESSAGE_MISSING);
    config.file_name = NULL;
    CHECK(afterbeep_session_open(engine, &config, &error, &session) == AFTERBEEP_STATUS_CONFIG);
    CHECK(strcmp(error.field, "append") == 0);
}

int main(int argc, char **argv)
{
    char path[4096];
    if (argc != 2)
        return 2;
    /* What an earlier run left. */
    snprintf(path, sizeof path, "%s/file_settings.wav", argv[1]), remove(path);
    snprintf(path, sizeof path, "%s/file_settings_0002.wav", argv[1]), remove(path);
    if (afterbeep_engine_create(NULL, NULL, &engine) != AFTERBEEP_STATUS_OK)
        return 2;
    headers(argv[1]);
    rate_and_level(argv[1]);
    several_files(argv[1]);
    afterbeep_engine_destroy(engine);
    printf("%d failures\n", failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
