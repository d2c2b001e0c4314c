import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The system calls of x86-64 from 314 to 450 (Linux 5.17), which Linux 3.10 does not have, but for getrandom (318), which
 * CentOS 7's last kernels seem to have as a backport. The engine leaves out names that its libseccomp does not know: tests
 * look at the numbers.
 */
const NEWER_THAN_LINUX_3_10 = `sched_setattr sched_getattr renameat2 seccomp memfd_create kexec_file_load bpf execveat
  userfaultfd membarrier mlock2 copy_file_range preadv2 pwritev2 pkey_mprotect pkey_alloc pkey_free statx io_pgetevents rseq
  pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig fsmount fspick
  pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr quotactl_fd
  landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease futex_waitv
  set_mempolicy_home_node`.split(/\s+/);

const ENOSYS = 38;

/** Profiles for `--security-opt seccomp=FILE`: what they name is answered as by a kernel that does not have it. */
export class OldKernelProfiles {
  private constructor(private readonly folder: string) {}

  static async create(): Promise<OldKernelProfiles> {
    const profiles = new OldKernelProfiles(await mkdtemp(join(tmpdir(), 'old-kernel-')));
    await writeFile(profiles.linux310, profileWithout(NEWER_THAN_LINUX_3_10));
    await writeFile(profiles.withoutGetrandom, profileWithout(['getrandom']));
    return profiles;
  }

  get linux310(): string {
    return join(this.folder, 'linux-3.10.json');
  }

  get withoutGetrandom(): string {
    return join(this.folder, 'without-getrandom.json');
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}

function profileWithout(names: string[]): string {
  return JSON.stringify({
    defaultAction: 'SCMP_ACT_ALLOW',
    syscalls: [{ names, action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS }],
  });
}
