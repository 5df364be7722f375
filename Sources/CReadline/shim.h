// What Swift needs of GNU readline beyond its plain functions: accessors for its C globals.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/readline.h>
#include <readline/history.h>

static inline void quire_rl_set_name(const char *name) { rl_readline_name = name; }

/// The host handles signals; readline must not install handlers of its own.
static inline void quire_rl_leave_signals(void) { rl_catch_signals = 0; }

static inline void quire_rl_set_completer(rl_completion_func_t *completer) {
  rl_attempted_completion_function = completer;
}

/// Characters that end the word to complete.
static inline void quire_rl_set_word_breaks(const char *characters) {
  rl_completer_word_break_characters = characters;
}

/// No file names when nothing matches, and this text after a complete word (0 for none).
static inline void quire_rl_finish_completion(int append) {
  rl_attempted_completion_over = 1;
  rl_completion_append_character = append;
}

static inline const char *quire_rl_line(void) { return rl_line_buffer; }

static inline int quire_history_count(void) { return history_length; }

/// The text of the entry `offset` places after the oldest, or NULL.
static inline const char *quire_history_text(int offset) {
  HIST_ENTRY *entry = history_get(history_base + offset);
  return entry ? entry->line : NULL;
}
