#include "worker/call_filter.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace inferno::worker {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kProcessor = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t kProcessor = AUDIT_ARCH_AARCH64;
#endif

// Calls of the 32-bit form on 64-bit x86 have this bit.
[[maybe_unused]] constexpr std::uint32_t kX32Bit = 0x40000000;

constexpr std::uint32_t kWriting = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

// Numbers that the headers of an older system lack are the same on every processor.
constexpr int kDenied[] = {
    // programs, and other processes
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_tkill,
    SYS_rt_sigqueueinfo,
    SYS_rt_tgsigqueueinfo,
    SYS_setpgid,
    SYS_setsid,
    424 /* pidfd_send_signal */,
    434 /* pidfd_open */,
    438 /* pidfd_getfd */,
    440 /* process_madvise */,
    // changing the file system
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_mkdirat,
    SYS_mknodat,
    SYS_linkat,
    SYS_symlinkat,
    SYS_truncate,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fchmod,
    SYS_fchmodat,
    SYS_fchown,
    SYS_fchownat,
    SYS_utimensat,
    SYS_setxattr,
    SYS_lsetxattr,
    SYS_fsetxattr,
    SYS_removexattr,
    SYS_lremovexattr,
    SYS_fremovexattr,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_chdir,
    SYS_fchdir,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_swapon,
    SYS_swapoff,
    SYS_quotactl,
    SYS_acct,
    SYS_inotify_init1,
    SYS_fanotify_init,
    428 /* open_tree */,
    429 /* move_mount */,
    430 /* fsopen */,
    432 /* fsmount */,
    433 /* fspick */,
    442 /* mount_setattr */,
    // rights, and the kernel's corners
    SYS_setuid,
    SYS_setgid,
    SYS_setreuid,
    SYS_setregid,
    SYS_setresuid,
    SYS_setresgid,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_setgroups,
    SYS_capset,
    SYS_unshare,
    SYS_setns,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_syslog,
    SYS_personality,
    SYS_vhangup,
    SYS_lookup_dcookie,
    SYS_vmsplice,
    SYS_shmget,
    SYS_shmat,
    SYS_msgget,
    SYS_semget,
    SYS_mq_open,
    425 /* io_uring_setup */,
    426 /* io_uring_enter */,
    427 /* io_uring_register */,
    447 /* memfd_secret */,
#if defined(__x86_64__)
    SYS_fork,
    SYS_vfork,
    SYS_creat,
    SYS_unlink,
    SYS_rename,
    SYS_mkdir,
    SYS_rmdir,
    SYS_mknod,
    SYS_link,
    SYS_symlink,
    SYS_chmod,
    SYS_chown,
    SYS_lchown,
    SYS_utime,
    SYS_utimes,
    SYS_futimesat,
    SYS_inotify_init,
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_kexec_file_load,
    SYS_uselib,
#endif
};

constexpr int kSockets[] = {SYS_socket,   SYS_socketpair, SYS_connect, SYS_bind,    SYS_listen,
                            SYS_accept,   SYS_accept4,    SYS_sendto,  SYS_sendmsg, SYS_sendmmsg,
                            SYS_recvfrom, SYS_recvmsg,    SYS_recvmmsg};

// The program that the kernel runs at every system call.
class Program {
 public:
  Program() {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, kProcessor, 1, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    add(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1);
    refuse(EPERM);
#endif
  }

  void deny(int call, int reason = EPERM) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1);
    refuse(reason);
  }
  // Allowed where the low half of the argument has none of the bits.
  void deny_with_bits(int call, unsigned argument, std::uint32_t bits, int reason) {
    when(call, argument, {BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits}, reason);
  }
  // Allowed where it has all of one bit.
  void deny_without_bit(int call, unsigned argument, std::uint32_t bit) {
    when(call, argument, {BPF_JMP | BPF_JSET | BPF_K, 1, 0, bit}, EPERM);
  }
  void deny_unless_equal(int call, unsigned argument, std::uint32_t value) {
    when(call, argument, {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value}, EPERM);
  }

  bool install() {
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
  }

 private:
  void add(int code, std::uint32_t value, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), if_true, if_false, value});
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); }
  void refuse(int reason) { add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(reason)); }

  // At `call`: refused unless the test jumps over the refusal.
  void when(int call, unsigned argument, sock_filter test, int reason) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 4);
    load(offsetof(seccomp_data, args) + 8 * argument);  // its low half: both processors are little-endian
    code_.push_back(test);
    refuse(reason);
    load(offsetof(seccomp_data, nr));
  }

  std::vector<sock_filter> code_;
};

}  // namespace

bool give_up_calls(bool may_connect) {
  Program program;
  for (const int call : kDenied) program.deny(call);
  if (!may_connect) {
    for (const int call : kSockets) program.deny(call);
  }
  // Threads are made, processes are not. What clone3 asks for lies in memory, where a
  // filter cannot look: without it the C library takes clone.
  program.deny(435 /* clone3 */, ENOSYS);
  program.deny_without_bit(SYS_clone, 0, CLONE_THREAD);
  program.deny(437 /* openat2 */, ENOSYS);
  program.deny_with_bits(SYS_openat, 2, kWriting, EACCES);
#if defined(__x86_64__)
  program.deny_with_bits(SYS_open, 1, kWriting, EACCES);
#endif
  const auto self = static_cast<std::uint32_t>(::getpid());
  program.deny_unless_equal(SYS_kill, 0, self);
  program.deny_unless_equal(SYS_tgkill, 0, self);
  program.deny_unless_equal(SYS_prlimit64, 0, 0);  // its own limits, which it cannot raise
  return program.install();
}

}  // namespace inferno::worker

#else

namespace inferno::worker {

bool give_up_calls(bool) { return false; }

}  // namespace inferno::worker

#endif
