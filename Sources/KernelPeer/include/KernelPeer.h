// What the real kernel of this machine takes for the work that Quire simulates.
//
// Every measuring function answers nanoseconds of CPU time per operation, or a negative number
// where the machine cannot do it. None of them takes or returns a pointer.

#ifndef KERNEL_PEER_H
#define KERNEL_PEER_H

#include <stdint.h>

/// CPU time of this process in nanoseconds.
uint64_t peer_cpu_time(void);
/// CPU time of the children that were waited for, in nanoseconds.
uint64_t peer_children_cpu_time(void);
/// Bytes of this process that are in memory.
uint64_t peer_resident_bytes(void);

/// First write to each of `pages` anonymous pages.
double peer_minor_fault(uint64_t pages);
/// One write to each of `pages` pages that are there, in order or at random.
double peer_resident_touch(uint64_t pages, uint64_t rounds, int at_random);
/// Write to each of `pages` pages that a child shares: the kernel copies the page.
double peer_copy_on_write(uint64_t pages);
/// fork() with `bytes` touched: the parent's part alone, or with the child's exit and the wait.
double peer_fork(uint64_t bytes, int with_exit_and_wait);
/// mmap of four pages and munmap of them, `rounds` times, nothing touched, beside `regions` others.
double peer_map_unmap(uint64_t rounds, uint64_t regions);
/// mprotect of one page of `regions` single pages whose rights alternate: it merges with its two
/// neighbours and is split from them again, `rounds` times.
double peer_split_merge(uint64_t rounds, uint64_t regions);
/// sched_yield between two processes on one CPU.
double peer_switch(uint64_t rounds);
/// MADV_PAGEOUT of `pages` dirty pages; negative without a swap area.
double peer_swap_out(uint64_t pages);
/// Touching `pages` pages that are in swap; negative without a swap area.
double peer_swap_in(uint64_t pages);

#endif
