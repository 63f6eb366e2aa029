// The exception vectors of EL1. Code runs on SP_EL0; every exception switches to SP_EL1, which has a stack of its own:
// an overflow of the code's stack can still be reported.
//
// Only the interrupt from EL1t comes back. It saves what a call may change (this build has no FP registers) and not
// ELR and SPSR: no handler is interrupted, and every other exception ends in a report.

.macro save_caller_saved
    stp     x0, x1, [sp, #-160]!
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x30, [sp, #144]
.endm

.macro restore_caller_saved
    ldp     x18, x30, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp], #160
.endm

// One of the sixteen, for exceptions that end in a report. While one is being written (TPIDR_EL0 is not 0, see
// src/arch/exception.rs) a second would fault as the first did.
.macro report kind
    .balign 0x80
    msr     tpidr_el1, x0
    mrs     x0, tpidr_el0
    cbnz    x0, last_resort
    mrs     x0, tpidr_el1
    sub     sp, sp, #{CONTEXT_SIZE}
    stp     x0, x1, [sp]
    mov     x0, #\kind
    b       report_exception
.endm

// The same out of an exception, where SP_EL1 itself may be what is wrong: with less than a page left for the report, or
// outside of its stack, it starts afresh.
.macro report_nested kind
    .balign 0x80
    msr     tpidr_el1, x0
    mrs     x0, tpidr_el0
    cbnz    x0, last_resort
    msr     tpidrro_el0, x1
    mov     x0, sp
    adrp    x1, __exception_stack_bottom
    sub     x0, x0, x1
    sub     x0, x0, #1, lsl #12
    lsr     x0, x0, #{EXCEPTION_STACK_SHIFT}
    cbz     x0, 1f
    adrp    x0, __exception_stack_top
    add     x0, x0, :lo12:__exception_stack_top
    mov     sp, x0
1:  mrs     x1, tpidrro_el0
    mrs     x0, tpidr_el1
    sub     sp, sp, #{CONTEXT_SIZE}
    stp     x0, x1, [sp]
    mov     x0, #\kind
    b       report_exception
.endm

.section .text.vectors, "ax"
.balign 0x800
.global exception_vectors
exception_vectors:
    report  0                               // EL1t: synchronous
    .balign 0x80                            // EL1t: IRQ
    save_caller_saved
    bl      interrupt_entry
    restore_caller_saved
    eret
    report  2                               // EL1t: FIQ
    report  3                               // EL1t: SError
    report_nested 4                         // EL1h: synchronous
    report_nested 5
    report_nested 6
    report_nested 7
    report  8                               // EL0, AArch64: nothing runs there
    report  9
    report  10
    report  11
    report  12                              // EL0, AArch32
    report  13
    report  14
    report  15
    .balign 0x80

// In: x0 = which vector, [sp] = x0 and x1. Fills the rest of `Context` (src/arch/exception.rs) and does not return.
report_exception:
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x1, sp_el0
    stp     x30, x1, [sp, #240]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #256]
    mrs     x1, esr_el1
    mrs     x2, far_el1
    stp     x1, x2, [sp, #272]
    mov     x1, sp
    bl      {EXCEPTION_ENTRY}
9:  wfe
    b       9b
