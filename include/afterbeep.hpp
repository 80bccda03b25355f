// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Afterbeep for C++17: owners for the objects of afterbeep.h, and nothing else. The media calls are
// noexcept and answer a status; the others throw afterbeep::error, or, without exceptions, are left out
// in favour of the C calls.

#ifndef AFTERBEEP_HPP
#define AFTERBEEP_HPP

#include "afterbeep.h"

#include <memory>
#include <string>
#include <utility>

#if defined(__cpp_exceptions)
#include <stdexcept>
#endif

namespace afterbeep {

#if defined(__cpp_exceptions)
/// A call that failed: its status, and what was wrong.
class error : public std::runtime_error {
public:
    error(afterbeep_status status, const std::string &text) : std::runtime_error(text), status_(status) {}
    [[nodiscard]] afterbeep_status status() const noexcept { return status_; }

private:
    afterbeep_status status_;
};

namespace detail {
inline void check(afterbeep_status status) {
    if (status != AFTERBEEP_STATUS_OK) {
        throw error(status, afterbeep_status_str(status));
    }
}

inline void check(afterbeep_status status, const afterbeep_error &detail) {
    if (status != AFTERBEEP_STATUS_OK) {
        throw error(status, detail.text[0] != '\0' ? detail.text : afterbeep_status_str(status));
    }
}
} // namespace detail
#endif

#if defined(AFTERBEEP_STORE)
namespace detail {
template <auto Destroy> struct destroys {
    template <class T> void operator()(T *object) const noexcept { Destroy(object); }
};
} // namespace detail

/// Owners of the objects of records and elements; get() is what the C calls take.
using store_ptr = std::unique_ptr<afterbeep_store, detail::destroys<&afterbeep_store_destroy>>;
using page_ptr = std::unique_ptr<afterbeep_page, detail::destroys<&afterbeep_page_destroy>>;
using daily_sweep_ptr = std::unique_ptr<afterbeep_daily_sweep, detail::destroys<&afterbeep_daily_sweep_destroy>>;
using variables_ptr = std::unique_ptr<afterbeep_variables, detail::destroys<&afterbeep_variables_destroy>>;
using leave_message_ptr = std::unique_ptr<afterbeep_leave_message, detail::destroys<&afterbeep_leave_message_destroy>>;
using element_runner_ptr =
    std::unique_ptr<afterbeep_element_runner, detail::destroys<&afterbeep_element_runner_destroy>>;
using element_call_ptr = std::unique_ptr<afterbeep_element_call, detail::destroys<&afterbeep_element_call_destroy>>;
#endif

/// A session's handle; closes it at the end of its life.
class session {
public:
    explicit session(afterbeep_session handle = {0}) noexcept : handle_(handle) {}
    session(session &&other) noexcept : handle_(other.release()) {}
    session &operator=(session &&other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    session(const session &) = delete;
    session &operator=(const session &) = delete;
    ~session() {
        if (handle_.value != 0) {
            (void)afterbeep_session_close(handle_);
        }
    }

    [[nodiscard]] afterbeep_session handle() const noexcept { return handle_; }
    [[nodiscard]] afterbeep_session release() noexcept { return std::exchange(handle_, {0}); }

    [[nodiscard]] afterbeep_status push(const int16_t *pcm, size_t sample_count) noexcept {
        return afterbeep_session_push(handle_, pcm, sample_count);
    }
    [[nodiscard]] afterbeep_status push_at(uint32_t rtp_timestamp, const int16_t *pcm, size_t sample_count) noexcept {
        return afterbeep_session_push_at(handle_, rtp_timestamp, pcm, sample_count);
    }
    [[nodiscard]] afterbeep_status push_lost(size_t sample_count) noexcept {
        return afterbeep_session_push_lost(handle_, sample_count);
    }
    [[nodiscard]] afterbeep_status pull(int16_t *pcm, size_t sample_count) noexcept {
        return afterbeep_session_pull(handle_, pcm, sample_count);
    }
    [[nodiscard]] afterbeep_status writable_samples(size_t &samples) const noexcept {
        return afterbeep_session_writable_samples(handle_, &samples);
    }

#if defined(__cpp_exceptions)
    void digit(char digit) { detail::check(afterbeep_session_digit(handle_, digit)); }
    /// A packet of an RTP telephone event (RFC 4733).
    void telephone_event(const afterbeep_telephone_event &event) {
        detail::check(afterbeep_session_telephone_event(handle_, &event));
    }
    /// Takes the oldest event that awaits; false where none does.
    [[nodiscard]] bool poll_event(afterbeep_session_event &event) {
        const afterbeep_status status = afterbeep_session_poll_event(handle_, &event, sizeof event);
        if (status == AFTERBEEP_STATUS_NONE) {
            return false;
        }
        detail::check(status);
        return true;
    }
    void hangup() { detail::check(afterbeep_session_hangup(handle_)); }
    void stop() { detail::check(afterbeep_session_stop(handle_)); }
    void cancel() { detail::check(afterbeep_session_cancel(handle_)); }
    void pause(afterbeep_pause_mode mode) { detail::check(afterbeep_session_pause(handle_, mode)); }
    void resume() { detail::check(afterbeep_session_resume(handle_)); }
    /// Drops what was recorded and starts over, with the beep or without.
    void restart(bool beep = true) { detail::check(afterbeep_session_restart(handle_, beep ? 1 : 0)); }

    /// Waits for the finished message.
    [[nodiscard]] afterbeep_result result(uint32_t timeout_ms) const {
        afterbeep_result result{};
        detail::check(afterbeep_session_result(handle_, timeout_ms, &result, sizeof result));
        return result;
    }

    /// Where its file is; empty where it has none.
    [[nodiscard]] std::string path() const {
        size_t length = 0;
        afterbeep_status status = afterbeep_session_path(handle_, nullptr, 0, &length);
        if (status == AFTERBEEP_STATUS_NONE) {
            return {};
        }
        std::string path(length + 1, '\0');
        if (status == AFTERBEEP_STATUS_BUFFER_TOO_SMALL) {
            status = afterbeep_session_path(handle_, path.data(), path.size(), &length);
        }
        detail::check(status);
        path.resize(length);
        return path;
    }
#endif

private:
    afterbeep_session handle_;
};

#if defined(__cpp_exceptions)
/// An engine; stops its sessions and finishes their messages at the end of its life.
class engine {
public:
    explicit engine(const afterbeep_engine_config *config = nullptr) {
        afterbeep_error detail{};
        detail::check(afterbeep_engine_create(config, &detail, &handle_), detail);
    }
    engine(engine &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    engine &operator=(engine &&other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    engine(const engine &) = delete;
    engine &operator=(const engine &) = delete;
    ~engine() { afterbeep_engine_destroy(handle_); }

    [[nodiscard]] afterbeep_engine *handle() const noexcept { return handle_; }

    [[nodiscard]] session open(const afterbeep_session_config &config) {
        afterbeep_error detail{};
        afterbeep_session opened{0};
        detail::check(afterbeep_session_open(handle_, &config, &detail, &opened), detail);
        return session(opened);
    }

    /// Takes the oldest event, or waits for one; false where none came in time.
    [[nodiscard]] bool wait_event(afterbeep_engine_event &event, uint32_t timeout_ms = 0) {
        const afterbeep_status status = afterbeep_engine_wait_event(handle_, timeout_ms, &event, sizeof event);
        if (status == AFTERBEEP_STATUS_NONE) {
            return false;
        }
        detail::check(status);
        return true;
    }

    [[nodiscard]] afterbeep_statistics statistics() const {
        afterbeep_statistics statistics{};
        detail::check(afterbeep_engine_statistics(handle_, &statistics, sizeof statistics));
        return statistics;
    }

    /// Stops every session and waits for the messages; returns how many are not finished in time.
    size_t close(uint32_t timeout_ms) {
        size_t unfinished = 0;
        const afterbeep_status status = afterbeep_engine_close(handle_, timeout_ms, &unfinished);
        if (status != AFTERBEEP_STATUS_NOT_FINISHED) {
            detail::check(status);
        }
        return unfinished;
    }

private:
    afterbeep_engine *handle_ = nullptr;
};

/// Makes whole files of the interrupted recordings in a directory and beneath it, and gives them their names. Calls the
/// callback, which must not throw, for each of them.
inline afterbeep_repair_report repair(const std::string &directory, const afterbeep_repair_options *options = nullptr,
                                      afterbeep_repair_callback callback = nullptr, void *user_data = nullptr) {
    afterbeep_error detail{};
    afterbeep_repair_report report{};
    detail::check(afterbeep_repair(directory.c_str(), options, callback, user_data, &detail, &report, sizeof report),
                  detail);
    return report;
}

#if defined(AFTERBEEP_STORE)
/// Opens the store of a directory; makes it where there is none, if so asked.
[[nodiscard]] inline store_ptr open_store(const std::string &directory, bool create = false) {
    afterbeep_error detail{};
    afterbeep_store_config config{};
    detail::check(afterbeep_store_config_init(&config, sizeof config));
    config.directory = directory.c_str();
    config.create = create ? 1 : 0;
    afterbeep_store *opened = nullptr;
    detail::check(afterbeep_store_create(&config, &detail, &opened), detail);
    return store_ptr(opened);
}

/// A list of messages, from the query's place on.
[[nodiscard]] inline page_ptr list(const store_ptr &store, const afterbeep_query &query) {
    afterbeep_error detail{};
    afterbeep_page *page = nullptr;
    detail::check(afterbeep_store_list(store.get(), &query, &detail, &page), detail);
    return page_ptr(page);
}

/// An element from its JSON.
[[nodiscard]] inline leave_message_ptr leave_message(const std::string &json) {
    afterbeep_error detail{};
    afterbeep_leave_message *element = nullptr;
    detail::check(afterbeep_leave_message_create_from_json(json.c_str(), &detail, &element), detail);
    return leave_message_ptr(element);
}
#endif

/// The defaults of a session.
[[nodiscard]] inline afterbeep_session_config session_config() {
    afterbeep_session_config config{};
    detail::check(afterbeep_session_config_init(&config, sizeof config));
    return config;
}
#endif

} // namespace afterbeep

#endif
