/* Where the instructions go: how often each address ran, written when QEMU ends, "address count" a line.
 *
 * Built as order.c is, without QEMU's header: VER is the plugin interface's version, 1 for QEMU 7.2, 4 for QEMU 10.
 * Arguments: out=FILE and, to count up to the first execution of an address only, until=0x…. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tb;
struct insn;
typedef uint64_t plugin_id;
extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct tb *));
extern size_t qemu_plugin_tb_n_insns(const struct tb *);
extern struct insn *qemu_plugin_tb_get_insn(const struct tb *, size_t);
extern uint64_t qemu_plugin_insn_vaddr(const struct insn *);
extern void qemu_plugin_register_vcpu_insn_exec_cb(struct insn *, void (*)(unsigned, void *), int, void *);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = VER;

enum { NO_REGISTERS = 0, LIMIT = 0x400000 };

static uint64_t runs[LIMIT / 4], total, until, stopped;
static FILE *out;

static void ran(unsigned cpu, void *pc)
{
    (void)cpu;
    uint64_t at = (uint64_t)pc;
    if (until && at == until)
        stopped = 1;
    if (stopped)
        return;
    total++;
    if (at < LIMIT)
        runs[at / 4]++;
}

static void translated(plugin_id id, struct tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, ran, NO_REGISTERS, (void *)qemu_plugin_insn_vaddr(insn));
    }
}

static void ended(plugin_id id, void *nothing)
{
    (void)id, (void)nothing;
    fprintf(out, "total %llu\n", (unsigned long long)total);
    for (uint64_t at = 0; at < LIMIT; at += 4)
        if (runs[at / 4])
            fprintf(out, "%llx %llu\n", (unsigned long long)at, (unsigned long long)runs[at / 4]);
    fclose(out);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!strncmp(argv[i], "out=", 4))
            out = fopen(argv[i] + 4, "w");
        if (!strncmp(argv[i], "until=", 6))
            until = strtoull(argv[i] + 6, NULL, 0);
    }
    if (!out)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
