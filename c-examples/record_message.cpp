// The same as record_message.c through afterbeep.hpp; repairs what an earlier process has left, first.
//
//   record_message_cpp CALLER.wav DIRECTORY [NAME]
#include <afterbeep.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>

extern "C" {
#include "wav.h"
}

namespace {

constexpr size_t frame_samples = 160; // 20 ms at 8 kHz

afterbeep_status take_call(afterbeep::session &session, FILE *caller, uint32_t left) {
    int16_t sent[frame_samples], heard[frame_samples];
    size_t count = 0;
    while ((count = wav_read(caller, sent, left < frame_samples ? left : frame_samples)) > 0) {
        size_t room = 0;
        afterbeep_status status = session.writable_samples(room);
        while (status == AFTERBEEP_STATUS_OK && room < count) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            status = session.writable_samples(room);
        }
        if (status == AFTERBEEP_STATUS_OK) {
            status = session.push(sent, count);
        }
        if (status == AFTERBEEP_STATUS_OK) {
            status = session.pull(heard, count);
        }
        if (status != AFTERBEEP_STATUS_OK) {
            return status;
        }
        left -= static_cast<uint32_t>(count);
    }
    session.hangup();
    return AFTERBEEP_STATUS_OK;
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        std::cerr << "usage: " << argv[0] << " CALLER.wav DIRECTORY [NAME]\n";
        return 2;
    }
    const char *why = nullptr;
    uint32_t sample_count = 0;
    FILE *caller = wav_open(argv[1], &sample_count, &why);
    if (caller == nullptr) {
        std::cerr << argv[1] << ": " << why << '\n';
        return EXIT_FAILURE;
    }
    try {
        // What a process that was killed has left. It changes nothing for those that record there now.
        const auto tell = [](const afterbeep_repair_file *file, void *) {
            std::cout << file->path << ": interrupted, " << file->duration_ms << " ms\n";
        };
        const afterbeep_repair_report repaired = afterbeep::repair(argv[2], nullptr, tell);
        if (repaired.failed > 0) {
            std::cerr << repaired.failed << " interrupted recordings could not be repaired\n";
        }
        afterbeep::engine engine;
        afterbeep_session_config config = afterbeep::session_config();
        config.directory = argv[2];
        config.file_name = argc > 3 ? argv[3] : nullptr;
        afterbeep::session session = engine.open(config);
        take_call(session, caller, sample_count);
        afterbeep_engine_event told{};
        while (engine.wait_event(told, 10000) && told.event_type != AFTERBEEP_ENGINE_EVENT_TYPE_FINISHED) {
            // Keys are read below.
        }
        const afterbeep_result result = session.result(0);
        afterbeep_session_event event{};
        while (session.poll_event(event)) {
            std::cout << "a digit at sample " << event.start_sample << '\n';
        }
        std::cout << session.path() << ": ended by " << afterbeep_end_reason_str(result.end_reason) << ' '
                  << static_cast<char>(result.end_digit != 0 ? result.end_digit : ' ') << " after "
                  << result.duration_ms << " ms\n";
        std::fclose(caller);
        return result.complete ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const afterbeep::error &error) {
        std::cerr << error.what() << '\n';
        std::fclose(caller);
        return EXIT_FAILURE;
    }
}
