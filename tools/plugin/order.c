/* Watches every instruction of the firmware, because QEMU itself shows no difference when order is wrong:
 *
 *  - a write of a DMA channel's CS that follows a store to the coherent region must have a DSB between them;
 *  - no exclusive (LDXR, STXR and their family) may run before the MMU is on: on the chip it does not work there;
 *  - how many instructions have run when each byte leaves the UART, and at the last access to a DMA register.
 *
 * Built without QEMU's header and without glib, which no distribution's package brings along: the prototypes are below.
 * VER is the plugin interface's version: 1 for QEMU 7.2, 4 for QEMU 10; they differ in qemu_plugin_insn_data alone.
 * Arguments: out=FILE,lo=0x…,hi=0x… (the coherent region).
 * The report has a line for each breach, and totals when QEMU ends. Instruction counts are exact with one core. */
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
extern void qemu_plugin_register_vcpu_mem_cb(struct insn *, void (*)(unsigned, uint32_t, uint64_t, void *), int, int,
                                             void *);
extern _Bool qemu_plugin_mem_is_store(uint32_t);
extern void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
#if VER < 3
extern const void *qemu_plugin_insn_data(const struct insn *);
static uint32_t opcode(const struct insn *insn) { return *(const uint32_t *)qemu_plugin_insn_data(insn); }
#else
extern size_t qemu_plugin_insn_data(const struct insn *, void *, size_t);
static uint32_t opcode(const struct insn *insn)
{
    uint32_t word = 0;
    qemu_plugin_insn_data(insn, &word, sizeof word);
    return word;
}
#endif

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = VER;

enum { NO_REGISTERS = 0, LOADS_AND_STORES = 3 };
enum { DMA = 0x3f007000, DMA_15 = 0x3fe05000, UART_DATA = 0x3f201000 };

static FILE *report;
static uint64_t coherent_lo, coherent_hi;
static uint64_t count, sent, dma_access;
static uint64_t exclusives, exclusives_before_mmu, first_exclusive, sctlr_writes;
static uint64_t dirty_pc, cs_writes, cs_judged, cs_unordered;
static int stored_since_cs, stored_since_dsb;

static int is_exclusive(uint32_t op) { return (op & 0x3f800000) == 0x08000000; }
/* MSR SCTLR_EL1, Xt */
static int is_sctlr(uint32_t op) { return (op & 0xffffffe0) == 0xd5181000; }
/* DSB SY or DSB ST: those that wait for stores, of the whole system. */
static int is_dsb(uint32_t op) { return op == 0xd5033f9f || op == 0xd5033e9f; }

static void on_any(unsigned cpu, void *pc)
{
    (void)cpu, (void)pc;
    count++;
}

static void on_exclusive(unsigned cpu, void *pc)
{
    (void)cpu;
    if (!exclusives++)
        first_exclusive = (uintptr_t)pc;
}

/* SCTLR_EL1 may be written more than once at boot; the write that turns the MMU on is the last
 * (so a watched machine must not reboot). */
static void on_sctlr(unsigned cpu, void *pc)
{
    (void)cpu, (void)pc;
    sctlr_writes++;
    exclusives_before_mmu = exclusives;
}

static void on_dsb(unsigned cpu, void *pc)
{
    (void)cpu, (void)pc;
    stored_since_dsb = 0;
}

static int is_dma(uint64_t address) { return (address & ~0xfffUL) == DMA || (address & ~0xffUL) == DMA_15; }
static int is_cs(uint64_t address) { return is_dma(address) && (address & 0xff) == 0; }

static void on_access(unsigned cpu, uint32_t info, uint64_t address, void *pc)
{
    (void)cpu;
    if (is_dma(address))
        dma_access = count;
    if (!qemu_plugin_mem_is_store(info))
        return;
    if (address >= coherent_lo && address < coherent_hi) {
        stored_since_dsb = stored_since_cs = 1;
        dirty_pc = (uintptr_t)pc;
    } else if (is_cs(address)) {
        cs_writes++;
        cs_judged += stored_since_cs;
        if (stored_since_dsb) {
            cs_unordered++;
            fprintf(report, "breach: CS written at %#lx, store to coherent memory at %#lx, no DSB between\n",
                    (unsigned long)(uintptr_t)pc, (unsigned long)dirty_pc);
        }
        stored_since_cs = 0;
    } else if (address == UART_DATA) {
        fprintf(report, "sent %lu %lu\n", (unsigned long)++sent, (unsigned long)count);
    }
}

static void on_translate(plugin_id id, struct tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct insn *insn = qemu_plugin_tb_get_insn(tb, i);
        void *pc = (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn);
        uint32_t op = opcode(insn);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, on_any, NO_REGISTERS, pc);
        qemu_plugin_register_vcpu_mem_cb(insn, on_access, NO_REGISTERS, LOADS_AND_STORES, pc);
        if (is_exclusive(op))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_exclusive, NO_REGISTERS, pc);
        if (is_sctlr(op))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_sctlr, NO_REGISTERS, pc);
        if (is_dsb(op))
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_dsb, NO_REGISTERS, pc);
    }
}

static void line(const char *name, uint64_t value) { fprintf(report, "%s %lu\n", name, (unsigned long)value); }

static void on_exit_of_qemu(plugin_id id, void *data)
{
    (void)id, (void)data;
    if (exclusives_before_mmu)
        fprintf(report, "breach: %lu exclusives before the MMU, the first at %#lx\n",
                (unsigned long)exclusives_before_mmu, (unsigned long)first_exclusive);
    line("instructions", count);
    line("dma_access", dma_access);
    line("exclusives", exclusives);
    line("sctlr_writes", sctlr_writes);
    line("cs_writes", cs_writes);
    line("cs_judged", cs_judged);
    line("cs_unordered", cs_unordered);
    fclose(report);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (!value)
            return -1;
        *value++ = 0;
        if (!strcmp(argv[i], "out"))
            report = fopen(value, "w");
        else if (!strcmp(argv[i], "lo"))
            coherent_lo = strtoull(value, NULL, 0);
        else if (!strcmp(argv[i], "hi"))
            coherent_hi = strtoull(value, NULL, 0);
        else
            return -1;
    }
    if (!report)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
    return 0;
}
