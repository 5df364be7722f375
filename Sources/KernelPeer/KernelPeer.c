// The real kernel, asked to do what Quire simulates.

#define _GNU_SOURCE
#include "KernelPeer.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

#ifdef __linux__

uint64_t peer_cpu_time(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0) return 0;
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t nanoseconds(struct timeval time) {
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

uint64_t peer_children_cpu_time(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_CHILDREN, &usage) != 0) return 0;
  return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime);
}

uint64_t peer_resident_bytes(void) {
  unsigned long long total = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL) return 0;
  int fields = fscanf(file, "%llu %llu", &total, &resident);
  fclose(file);
  return fields == 2 ? (uint64_t)resident * PAGE : 0;
}

// Anonymous memory in small pages, as the simulated machine has it.
static volatile char *new_pages(uint64_t bytes) {
  void *start =
      mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start == MAP_FAILED) return NULL;
  madvise(start, bytes, MADV_NOHUGEPAGE);
  return start;
}

static void touch_all(volatile char *start, uint64_t pages) {
  for (uint64_t page = 0; page < pages; page++) start[page * PAGE] = 1;
}

static double per_operation(uint64_t before, uint64_t operations) {
  return (double)(peer_cpu_time() - before) / (double)operations;
}

double peer_minor_fault(uint64_t pages) {
  volatile char *start = new_pages(pages * PAGE);
  if (start == NULL) return -1;
  uint64_t before = peer_cpu_time();
  touch_all(start, pages);
  double result = per_operation(before, pages);
  munmap((void *)start, pages * PAGE);
  return result;
}

#define RANDOM_START 88172645463325252u

// The pseudo-random sequence of the random lines: the next number below a bound.
static uint64_t next_random(uint64_t *state, uint64_t bound) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state % bound;
}

double peer_resident_touch(uint64_t pages, uint64_t rounds, int at_random) {
  volatile char *start = new_pages(pages * PAGE);
  if (start == NULL) return -1;
  touch_all(start, pages);
  uint64_t state = RANDOM_START;
  uint64_t before = peer_cpu_time();
  for (uint64_t round = 0; round < rounds; round++) {
    for (uint64_t page = 0; page < pages; page++) {
      uint64_t chosen = at_random ? next_random(&state, pages) : page;
      start[chosen * PAGE] = 1;
    }
  }
  double result = per_operation(before, pages * rounds);
  munmap((void *)start, pages * PAGE);
  return result;
}

// A child that sleeps until the returned end of a pipe is closed.
static pid_t sleeping_child(int *wakeup) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  pid_t child = fork();
  if (child == 0) {
    char byte;
    close(ends[1]);
    _exit(read(ends[0], &byte, 1) < 0);
  }
  close(ends[0]);
  *wakeup = ends[1];
  return child;
}

double peer_copy_on_write(uint64_t pages) {
  volatile char *start = new_pages(pages * PAGE);
  if (start == NULL) return -1;
  touch_all(start, pages);
  int wakeup = -1;
  pid_t child = sleeping_child(&wakeup);
  double result = -1;
  if (child > 0) {
    uint64_t before = peer_cpu_time();
    touch_all(start, pages);
    result = per_operation(before, pages);
    close(wakeup);
    waitpid(child, NULL, 0);
  }
  munmap((void *)start, pages * PAGE);
  return result;
}

double peer_fork(uint64_t bytes, int with_exit_and_wait) {
  volatile char *start = new_pages(bytes);
  if (start == NULL) return -1;
  touch_all(start, bytes / PAGE);
  uint64_t children_before = peer_children_cpu_time();
  uint64_t before = peer_cpu_time();
  pid_t child = fork();
  if (child == 0) _exit(0);
  double result = per_operation(before, 1);
  if (child > 0) {
    waitpid(child, NULL, 0);
    if (with_exit_and_wait)
      result = per_operation(before, 1) + (double)(peer_children_cpu_time() - children_before);
  } else {
    result = -1;
  }
  munmap((void *)start, bytes);
  return result;
}

// Pages side by side whose rights alternate, so that each is a region.
static volatile char *new_regions(uint64_t count) {
  volatile char *start = new_pages(count * PAGE);
  if (start == NULL) return NULL;
  for (uint64_t page = 0; page < count; page += 2)
    mprotect((void *)(start + page * PAGE), PAGE, PROT_READ);
  return start;
}

double peer_map_unmap(uint64_t rounds, uint64_t regions) {
  volatile char *others = NULL;
  if (regions > 0 && (others = new_regions(regions)) == NULL) return -1;
  double result = -1;
  uint64_t before = peer_cpu_time();
  for (uint64_t round = 0; round < rounds; round++) {
    void *start =
        mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) break;
    munmap(start, 4 * PAGE);
    if (round + 1 == rounds) result = per_operation(before, rounds);
  }
  if (others != NULL) munmap((void *)others, regions * PAGE);
  return result;
}

double peer_split_merge(uint64_t rounds, uint64_t regions) {
  volatile char *start = new_regions(regions);
  if (start == NULL) return -1;
  double result = -1;
  uint64_t state = RANDOM_START;
  uint64_t before = peer_cpu_time();
  for (uint64_t round = 0; round < rounds; round++) {
    // A writable page between two read-only ones.
    uint64_t page = 2 * next_random(&state, regions / 2 - 1) + 1;
    void *place = (void *)(start + page * PAGE);
    if (mprotect(place, PAGE, PROT_READ) != 0) break;
    if (mprotect(place, PAGE, PROT_READ | PROT_WRITE) != 0) break;
    if (round + 1 == rounds) result = per_operation(before, 2 * rounds);
  }
  munmap((void *)start, regions * PAGE);
  return result;
}

double peer_switch(uint64_t rounds) {
  cpu_set_t all, one;
  if (sched_getaffinity(0, sizeof all, &all) != 0) return -1;
  CPU_ZERO(&one);
  CPU_SET(sched_getcpu(), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) return -1;
  pid_t child = fork();
  if (child == 0) {
    while (getppid() != 1) sched_yield();
    _exit(0);
  }
  double result = -1;
  if (child > 0) {
    uint64_t before = peer_cpu_time();
    for (uint64_t round = 0; round < rounds; round++) sched_yield();
    result = per_operation(before, rounds);
    kill(child, 9);
    waitpid(child, NULL, 0);
  }
  sched_setaffinity(0, sizeof all, &all);
  return result;
}

// Whether /proc/swaps lists an area after its heading.
static int has_swap(void) {
  char line[512];
  int lines = 0;
  FILE *file = fopen("/proc/swaps", "r");
  if (file == NULL) return 0;
  while (fgets(line, sizeof line, file) != NULL) lines++;
  fclose(file);
  return lines > 1;
}

static double swap_pages(uint64_t pages, int measure_return) {
  if (!has_swap()) return -1;
  volatile char *start = new_pages(pages * PAGE);
  if (start == NULL) return -1;
  touch_all(start, pages);
  uint64_t before = peer_cpu_time();
  int refused = madvise((void *)start, pages * PAGE, MADV_PAGEOUT);
  double result = per_operation(before, pages);
  if (measure_return) {
    before = peer_cpu_time();
    touch_all(start, pages);
    result = per_operation(before, pages);
  }
  munmap((void *)start, pages * PAGE);
  return refused ? -1 : result;
}

double peer_swap_out(uint64_t pages) { return swap_pages(pages, 0); }

double peer_swap_in(uint64_t pages) { return swap_pages(pages, 1); }

#else

// Other kernels are no peers of a simulated Linux; only time and size are asked of them.

uint64_t peer_cpu_time(void) { return clock_gettime_nsec_np(CLOCK_PROCESS_CPUTIME_ID); }
uint64_t peer_children_cpu_time(void) { return 0; }
uint64_t peer_resident_bytes(void) { return 0; }
double peer_minor_fault(uint64_t pages) { return -1; }
double peer_resident_touch(uint64_t pages, uint64_t rounds, int at_random) { return -1; }
double peer_copy_on_write(uint64_t pages) { return -1; }
double peer_fork(uint64_t bytes, int with_exit_and_wait) { return -1; }
double peer_map_unmap(uint64_t rounds, uint64_t regions) { return -1; }
double peer_split_merge(uint64_t rounds, uint64_t regions) { return -1; }
double peer_switch(uint64_t rounds) { return -1; }
double peer_swap_out(uint64_t pages) { return -1; }
double peer_swap_in(uint64_t pages) { return -1; }

#endif
