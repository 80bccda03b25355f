/* What recording many channels costs in the loop that one writes today with SpanDSP and libsndfile: for each channel and
 * frame of 20 ms `dtmf_rx`, the mean square that silence is told by, `sf_write_short`. run.sh builds it against Debian's
 * libspandsp-dev and libsndfile1-dev, and runs it beside `afterbeep load`. Written from the libraries' headers.
 *
 *   recorder_loop --channels N --seconds S (--dir D | --no-write) [--input WAV] [--json]
 *
 * Channels take their turns, frame by frame, as fast as they go. Each hears WAV from another place on, again and again.
 * The cost is CPU time of the whole process, opening and closing of files included. The files stay in D. */
#include <sndfile.h>
#include <spandsp.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { FRAME_SAMPLES = 160, FRAMES_PER_SECOND = 50, RATE_HZ = 8000 };

/* The energy of a frame below which it is silent: that of -40 dBm0. */
static const int64_t SILENCE_ENERGY = (int64_t)FRAME_SAMPLES * 26052;

struct options {
    long channels;
    long seconds;
    const char *directory;
    const char *input;
    int json;
};

struct audio {
    int16_t *samples; /* once around, and so much more that every frame is in one piece */
    size_t period;
};

struct channel {
    dtmf_rx_state_t *receiver;
    SNDFILE *file; /* NULL without writing */
    size_t position;
    long silent_frames;
};

/* What was heard, so that no work can be left out. */
struct heard {
    long digits;
    long silent_frames;
};

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "recorder_loop: %s: %s\n", what, why);
    exit(1);
}

static long number(const char *flag, const char *text)
{
    char *end = NULL;
    long value = text != NULL ? strtol(text, &end, 10) : 0;

    if (end == NULL || *end != '\0' || value < 1 || value > 1000000)
        fail(flag, "takes a number from 1 to 1000000");
    return value;
}

static struct options parse(int argc, char **argv)
{
    struct options options = {0, 0, NULL, "tests/data/message.wav", 0};
    int no_write = 0;
    int i;

    for (i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--no-write") == 0)
            no_write = 1;
        else if (strcmp(argv[i], "--json") == 0)
            options.json = 1;
        else if (strcmp(argv[i], "--channels") == 0)
            options.channels = number(argv[i++], value);
        else if (strcmp(argv[i], "--seconds") == 0)
            options.seconds = number(argv[i++], value);
        else if (strcmp(argv[i], "--dir") == 0 && value != NULL)
            options.directory = argv[++i];
        else if (strcmp(argv[i], "--input") == 0 && value != NULL)
            options.input = argv[++i];
        else
            fail(argv[i], "is not understood");
    }
    if (options.channels == 0 || options.seconds == 0)
        fail("--channels, --seconds", "are needed");
    if (no_write == (options.directory != NULL))
        fail("--dir, --no-write", "one of them is needed");
    return options;
}

static struct audio load(const char *path)
{
    SF_INFO info = {0};
    SNDFILE *file = sf_open(path, SFM_READ, &info);
    struct audio audio;
    size_t i;

    if (file == NULL)
        fail(path, sf_strerror(NULL));
    if (info.samplerate != RATE_HZ || info.channels != 1 || info.frames < 1)
        fail(path, "is no mono audio of 8 kHz");
    audio.period = (size_t)info.frames;
    audio.samples = malloc((audio.period + FRAME_SAMPLES) * sizeof *audio.samples);
    if (audio.samples == NULL || sf_read_short(file, audio.samples, info.frames) != info.frames)
        fail(path, "cannot be read");
    for (i = 0; i < FRAME_SAMPLES; i++)
        audio.samples[audio.period + i] = audio.samples[i];
    sf_close(file);
    return audio;
}

/* As many files as channels, and a few. */
static void allow_files(long channels)
{
    struct rlimit limit = {(rlim_t)channels + 32, (rlim_t)channels + 32};
    struct rlimit now;

    if (getrlimit(RLIMIT_NOFILE, &now) != 0 || now.rlim_cur >= limit.rlim_cur)
        return;
    if (now.rlim_max > limit.rlim_max)
        limit.rlim_max = now.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        fail("the limit of open files cannot be raised", strerror(errno));
}

static void open_channel(struct channel *channel, const struct options *options, long place, size_t position)
{
    char path[PATH_MAX];
    SF_INFO info = {0};

    memset(channel, 0, sizeof *channel);
    channel->position = position;
    if ((channel->receiver = dtmf_rx_init(NULL, NULL, NULL)) == NULL)
        fail("dtmf_rx_init", "no memory");
    if (options->directory == NULL)
        return;
    info.samplerate = RATE_HZ;
    info.channels = 1;
    info.format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
    if (snprintf(path, sizeof path, "%s/%06ld.wav", options->directory, place) >= (int)sizeof path)
        fail(options->directory, "is too long");
    if ((channel->file = sf_open(path, SFM_WRITE, &info)) == NULL)
        fail(path, sf_strerror(NULL));
}

/* What is done for a frame. */
static void record(struct channel *channel, const struct audio *audio, struct heard *heard)
{
    const int16_t *frame = audio->samples + channel->position;
    char digits[16];
    int64_t energy = 0;
    int i;

    dtmf_rx(channel->receiver, frame, FRAME_SAMPLES);
    heard->digits += (long)dtmf_rx_get(channel->receiver, digits, sizeof digits - 1);
    for (i = 0; i < FRAME_SAMPLES; i++)
        energy += (int32_t)frame[i] * frame[i];
    channel->silent_frames = energy < SILENCE_ENERGY ? channel->silent_frames + 1 : 0;
    heard->silent_frames += channel->silent_frames > 0;
    if (channel->file != NULL && sf_write_short(channel->file, frame, FRAME_SAMPLES) != FRAME_SAMPLES)
        fail("sf_write_short", sf_strerror(channel->file));
    channel->position = (channel->position + FRAME_SAMPLES) % audio->period;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    const struct options options = parse(argc, argv);
    const struct audio audio = load(options.input);
    const double frames = (double)options.channels * (double)options.seconds * FRAMES_PER_SECOND;
    struct channel *channels = calloc((size_t)options.channels, sizeof *channels);
    struct heard heard = {0, 0};
    struct rusage before, after;
    double user, system_time, cpu;
    long tick, i;

    if (channels == NULL)
        fail("channels", "no memory");
    if (options.directory != NULL)
        allow_files(options.channels);
    getrusage(RUSAGE_SELF, &before);
    for (i = 0; i < options.channels; i++)
        open_channel(&channels[i], &options, i, (size_t)i * audio.period / (size_t)options.channels);
    for (tick = 0; tick < options.seconds * FRAMES_PER_SECOND; tick++)
        for (i = 0; i < options.channels; i++)
            record(&channels[i], &audio, &heard);
    for (i = 0; i < options.channels; i++) {
        dtmf_rx_free(channels[i].receiver);
        if (channels[i].file != NULL && sf_close(channels[i].file) != 0)
            fail("sf_close", "failed");
    }
    getrusage(RUSAGE_SELF, &after);
    user = seconds(after.ru_utime) - seconds(before.ru_utime);
    system_time = seconds(after.ru_stime) - seconds(before.ru_stime);
    cpu = user + system_time;
    if (options.json)
        printf("{\"channels\":%ld,\"seconds\":%ld,\"written\":%s,\"user_s\":%.3f,\"system_s\":%.3f,\"ns_per_frame\":%.1f,"
               "\"process_cpu_us_per_channel_second\":%.3f,\"digits\":%ld,\"silent_frames\":%ld}\n",
               options.channels, options.seconds, options.directory != NULL ? "true" : "false", user, system_time,
               cpu / frames * 1e9, cpu / frames * FRAMES_PER_SECOND * 1e6, heard.digits, heard.silent_frames);
    else
        printf("%ld channels, %ld s each, %s\n%.0f ns a frame, %.1f us of CPU a channel-second (user %.2f s, system %.2f s)\n"
               "%ld digits, %ld silent frames\n",
               options.channels, options.seconds, options.directory != NULL ? "written" : "not written",
               cpu / frames * 1e9, cpu / frames * FRAMES_PER_SECOND * 1e6, user, system_time, heard.digits,
               heard.silent_frames);
    free(channels);
    free(audio.samples);
    return 0;
}
