// Holds CLOCK_MONOTONIC still while the file $HOLD_FILE exists, as the kernel does while a machine is suspended.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long long suspended, held_at;
static int is_held;

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) {
        real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    }
    int result = real(clock, time);
    if (result != 0 || clock != CLOCK_MONOTONIC) {
        return result;
    }
    const char *file = getenv("HOLD_FILE");
    long long now = time->tv_sec * 1000000000LL + time->tv_nsec;
    pthread_mutex_lock(&lock);
    if (file && access(file, F_OK) == 0) {
        if (!is_held) {
            is_held = 1;
            held_at = now - suspended;
        }
        suspended = now - held_at;
    } else {
        is_held = 0;
    }
    now -= suspended;
    pthread_mutex_unlock(&lock);
    time->tv_sec = now / 1000000000LL;
    time->tv_nsec = now % 1000000000LL;
    return 0;
}
