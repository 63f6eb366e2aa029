// Entry of the raw image at 0x80000, of the ELF file, and of cores released from the boot stub.
//
// In: x0 = device tree, or what the loader left there. EL3, EL2 or EL1, any core, MMU and caches off, DAIF any.
// Out: core 0 in `kernel_main(x0)` at EL1t with its stack, exceptions on SP_EL1 with theirs, .bss zeroed.
//      The other cores in `park`.
//
// No exclusive instruction may run before the MMU is on: on the chip it faults or never succeeds.

.section .text.boot, "ax"

.global _start
_start:
    msr     daifset, #0xf
    mov     x19, x0
    mrs     x1, mpidr_el1
    tst     x1, #{AFFINITY_0}
    b.ne    park

    // Linked here, loaded here? Everything below takes addresses as they were linked.
    adr     x1, _start
    ldr     x2, =_start
    cmp     x1, x2
    b.ne    misplaced

    mrs     x1, CurrentEL
    cmp     x1, #{CURRENT_EL_2}
    b.eq    at_el2
    b.lo    at_el1

// EL3: only where no boot stub ran (an ELF file under QEMU). What of the stub's work this image needs: the level below it,
// access to the A53's registers, the counter's rate, coherency. (Not the L2's latencies and the local timer's prescaler, which
// are as after a reset.)
    mov     x1, #{SCR_EL3}
    msr     scr_el3, x1
    mov     x1, #{ACTLR_EL3}
    msr     actlr_el3, x1
    msr     cptr_el3, xzr
    mrs     x1, cntfrq_el0
    cbnz    x1, 1f
    ldr     x1, ={COUNTER_FREQUENCY}
    msr     cntfrq_el0, x1
1:  mrs     x1, S3_1_C15_C2_1               // CPUECTLR_EL1: coherency with the other cores
    orr     x1, x1, #{CPUECTLR_SMPEN}
    msr     S3_1_C15_C2_1, x1
    mov     x1, #{SPSR_EL2H}
    msr     spsr_el3, x1
    adr     x1, at_el2
    msr     elr_el3, x1
    eret

at_el2:
    // Erratum 855873: a clean can race an eviction; make cleans invalidate as well. The boot stub (and the lines
    // above) let EL2 write this register of the A53; another core has another register here.
    mrs     x1, midr_el1
    ldr     x2, ={MIDR_MASK}
    and     x1, x1, x2
    ldr     x2, ={MIDR_A53}
    cmp     x1, x2
    b.ne    2f
    mrs     x1, S3_1_C15_C2_0               // CPUACTLR_EL1
    orr     x1, x1, #{CPUACTLR_ENDCCASCI}
    msr     S3_1_C15_C2_0, x1
2:  mov     x1, #{HCR_EL2}
    msr     hcr_el2, x1
    mov     x1, #{CNTHCTL_EL2}
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr
    mov     x1, #{CPTR_EL2}
    msr     cptr_el2, x1
    msr     hstr_el2, xzr
    mrs     x1, pmcr_el0                    // EL1 owns all event counters
    ubfx    x1, x1, #11, #5
    msr     mdcr_el2, x1
    mrs     x1, midr_el1
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    ldr     x1, ={SCTLR_EL1}
    msr     sctlr_el1, x1
    mov     x1, #{SPSR_EL1T}
    msr     spsr_el2, x1
    adr     x1, at_el1
    msr     elr_el2, x1
    eret

at_el1:
    ldr     x1, ={SCTLR_EL1}
    msr     sctlr_el1, x1
    adrp    x1, exception_vectors
    add     x1, x1, :lo12:exception_vectors
    msr     vbar_el1, x1
    msr     cpacr_el1, xzr                  // this build uses no FP register: an access is a bug
    isb
    msr     spsel, #1
    adrp    x1, __exception_stack_top
    add     x1, x1, :lo12:__exception_stack_top
    mov     sp, x1
    msr     spsel, #0
    adrp    x1, __stack_top
    add     x1, x1, :lo12:__stack_top
    mov     sp, x1
    msr     tpidr_el0, xzr                  // no report has begun
    mov     x29, xzr                        // where a backtrace ends
    mov     x30, xzr

    adrp    x1, __bss_start
    add     x1, x1, :lo12:__bss_start
    adrp    x2, __bss_end
    add     x2, x2, :lo12:__bss_end
3:  cmp     x1, x2
    b.hs    4f
    stp     xzr, xzr, [x1]
    stp     xzr, xzr, [x1, #16]
    stp     xzr, xzr, [x1, #32]
    stp     xzr, xzr, [x1, #48]
    add     x1, x1, #64
    b       3b

    // Fetch the waiting cores out of page 0, which will not be mapped: the stub's slots of cores 1 to 3.
4:  adr     x1, park
    mov     x2, #{SPIN_TABLE}
    stp     x1, x1, [x2]
    str     x1, [x2, #16]
    dsb     sy
    sev

    mov     x0, x19
    b       {KERNEL_MAIN}

// A core without work waits here, with MMU and caches off, for an address in its slot. It keeps its level.
.global park
park:
    msr     daifset, #0xf
    mrs     x1, mpidr_el1
    and     x1, x1, #{AFFINITY_0}
    ldr     x3, =park                       // as linked; `adr` gives it as loaded
    adr     x4, park
    ldr     x2, =PARK_SLOTS
    sub     x2, x2, x3
    add     x2, x2, x4
5:  wfe
    ldr     x3, [x2, x1, lsl #3]
    cbz     x3, 5b
    br      x3

// Not at the linked address: config.txt lacks `kernel_address`. Say so and stop. On a board pins 14 and 15 are inputs yet and
// the device may be off: pins and rate first, for the clock that config.txt asks for.
misplaced:
    ldr     x4, ={GPIO}
    ldr     x2, ={UART}
    ldr     w3, [x4, #0x04]                 // GPFSEL1
    ldr     w5, ={PINS_14_15_ALT0}
    ldr     w6, ={PINS_14_15}
    bic     w3, w3, w6
    orr     w3, w3, w5
    str     w3, [x4, #0x04]
    dsb     sy
    str     wzr, [x2, #0x30]                // CR: off while the rate changes
    mov     w3, #{IBRD}
    str     w3, [x2, #0x24]
    mov     w3, #{FBRD}
    str     w3, [x2, #0x28]
    mov     w3, #0x70                       // LCR_H: 8 bits, queues; takes the rate over
    str     w3, [x2, #0x2C]
    mov     w3, #0x301                      // CR: on, transmit, receive
    str     w3, [x2, #0x30]
    adr     x1, 8f
6:  ldrb    w3, [x1], #1
    cbz     w3, park
    mov     w5, #0x10000                    // some milliseconds, for a byte of 87 us; without a clock there is no end
7:  sub     w5, w5, #1
    cbz     w5, park
    ldr     w4, [x2, #0x18]                 // FR: TXFF
    tbnz    w4, #5, 7b
    str     w3, [x2]
    b       6b
8:  .asciz  "error: kernel8.img must be loaded at 0x80000; set kernel_address=0x80000 in config.txt\r\n"
    .balign 8
    .ltorg

.section .data.park, "aw"
.balign 64
.global PARK_SLOTS
PARK_SLOTS:
    .quad   0, 0, 0, 0, 0, 0, 0, 0
