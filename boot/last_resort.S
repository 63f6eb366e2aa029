// What is left where even the report of a fault faults: a fixed text and the last exception's registers on the UART, as
// it was found if it was on. Needs no stack, no lock, no memory but this text. Then any key resets the chip, as after a report.
//
// In: anything. Does not return. TPIDR_EL0 says how far this has come: 1 a report began, 2 this began.

.section .text.last_resort, "ax"
.global last_resort
last_resort:
    msr     daifset, #0xf
    mrs     x0, tpidr_el0
    cmp     x0, #2
    b.hs    9f                              // not even this works: the device itself is out of reach
    mov     x0, #2
    msr     tpidr_el0, x0
    ldr     x2, ={UART}
    ldr     w3, [x2, #0x30]                 // CR: off, where the boot had not come so far; then 115200 8N1 of 48 MHz
    tbnz    w3, #0, 0f
    mov     w3, #26
    str     w3, [x2, #0x24]                 // IBRD
    mov     w3, #3
    str     w3, [x2, #0x28]                 // FBRD
    mov     w3, #0x70
    str     w3, [x2, #0x2C]                 // LCRH
    mov     w3, #0x301
    str     w3, [x2, #0x30]
0:  adr     x1, 8f
    bl      2f
    mrs     x4, esr_el1
    bl      4f
    mrs     x4, elr_el1
    bl      4f
    mrs     x4, far_el1
    bl      4f

1:  ldr     w3, [x2, #0x18]                 // FR: RXFE
    tbnz    w3, #4, 1b
    ldr     w3, [x2]                        // the key, which is not for the next boot
    ldr     x2, ={POWER}
    ldr     w3, ={WATCHDOG_SOON}
    str     w3, [x2, #0x24]
    ldr     w3, ={FULL_RESET}
    str     w3, [x2, #0x1C]
9:  wfe
    b       9b

// Sends the text at x1; x1 is behind its end.
2:  ldrb    w3, [x1], #1
    cbz     w3, 5f
3:  ldr     w5, [x2, #0x18]                 // FR: TXFF
    tbnz    w5, #5, 3b
    str     w3, [x2]
    b       2b

// Sends x4 in 16 digits, then the text at x1.
4:  mov     x6, #16
6:  ror     x4, x4, #60
    and     w3, w4, #0xf
    cmp     w3, #10
    add     w5, w3, #'a' - 10
    add     w3, w3, #'0'
    csel    w3, w3, w5, lo
7:  ldr     w5, [x2, #0x18]
    tbnz    w5, #5, 7b
    str     w3, [x2]
    subs    x6, x6, #1
    b.ne    6b
    b       2b
5:  ret

8:  .asciz  "\r\nerror: a fault while a fault was reported; the last exception:\r\n  ESR 0x"
    .asciz  "  ELR 0x"
    .asciz  "  FAR 0x"
    .asciz  "\r\nstopped; press a key to reboot\r\n"
    .balign 8
    .ltorg
