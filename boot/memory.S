// memcpy and memset as C defines them, in place of compiler-builtins' weak ones, which take three instructions a word.
//
// The compiler calls memcpy for each move of more than 32 bytes, since this target is not to access memory unaligned: it
// is on every path of the library. Aligned accesses only, so they work while the MMU is off. No FP registers.

.section .text.memcpy, "ax"
.balign 16
.global memcpy
memcpy:
    orr     x4, x0, x1
    mov     x3, x0
    tst     x4, #7
    b.ne    4f

// Both on a double word.
0:  subs    x2, x2, #64
    b.lo    2f
1:  ldp     x4, x5, [x1]
    ldp     x6, x7, [x1, #16]
    ldp     x8, x9, [x1, #32]
    ldp     x10, x11, [x1, #48]
    stp     x4, x5, [x3]
    stp     x6, x7, [x3, #16]
    stp     x8, x9, [x3, #32]
    stp     x10, x11, [x3, #48]
    add     x1, x1, #64
    add     x3, x3, #64
    subs    x2, x2, #64
    b.hs    1b
// The low six bits of x2 are what is left.
2:  tbz     x2, #5, 3f
    ldp     x4, x5, [x1]
    ldp     x6, x7, [x1, #16]
    stp     x4, x5, [x3]
    stp     x6, x7, [x3, #16]
    add     x1, x1, #32
    add     x3, x3, #32
3:  tbz     x2, #4, 3f
    ldp     x4, x5, [x1], #16
    stp     x4, x5, [x3], #16
3:  tbz     x2, #3, 3f
    ldr     x4, [x1], #8
    str     x4, [x3], #8
3:  tst     x2, #7
    b.eq    9f
    tbz     x2, #2, 3f
    ldr     w4, [x1], #4
    str     w4, [x3], #4
3:  tbz     x2, #1, 3f
    ldrh    w4, [x1], #2
    strh    w4, [x3], #2
3:  tbz     x2, #0, 9f
    ldrb    w4, [x1]
    strb    w4, [x3]
9:  ret

// Bytes until the destination is on a double word.
4:  cmp     x2, #16
    b.lo    8f
5:  tst     x3, #7
    b.eq    6f
    ldrb    w4, [x1], #1
    strb    w4, [x3], #1
    sub     x2, x2, #1
    b       5b
6:  ands    x5, x1, #7
    b.eq    0b
// The source is not: each double word is made of two, of which both hold bytes that are wanted.
    lsl     x5, x5, #3
    neg     x6, x5
    and     x7, x1, #~7
    ldr     x8, [x7], #8
7:  ldr     x9, [x7], #8
    lsr     x8, x8, x5
    lsl     x10, x9, x6
    orr     x8, x8, x10
    str     x8, [x3], #8
    mov     x8, x9
    add     x1, x1, #8
    sub     x2, x2, #8
    cmp     x2, #8
    b.hs    7b
8:  cbz     x2, 9b
    ldrb    w4, [x1], #1
    strb    w4, [x3], #1
    sub     x2, x2, #1
    b       8b

.section .text.memset, "ax"
.balign 16
.global memset
memset:
    mov     x3, x0
    and     x1, x1, #0xff
    orr     x1, x1, x1, lsl #8
    orr     x1, x1, x1, lsl #16
    orr     x1, x1, x1, lsl #32
0:  tst     x3, #7
    b.eq    1f
    cbz     x2, 9f
    strb    w1, [x3], #1
    sub     x2, x2, #1
    b       0b
1:  subs    x2, x2, #64
    b.lo    3f
2:  stp     x1, x1, [x3]
    stp     x1, x1, [x3, #16]
    stp     x1, x1, [x3, #32]
    stp     x1, x1, [x3, #48]
    add     x3, x3, #64
    subs    x2, x2, #64
    b.hs    2b
3:  tbz     x2, #5, 4f
    stp     x1, x1, [x3], #16
    stp     x1, x1, [x3], #16
4:  tbz     x2, #4, 5f
    stp     x1, x1, [x3], #16
5:  tbz     x2, #3, 6f
    str     x1, [x3], #8
6:  tbz     x2, #2, 7f
    str     w1, [x3], #4
7:  tbz     x2, #1, 8f
    strh    w1, [x3], #2
8:  tbz     x2, #0, 9f
    strb    w1, [x3]
9:  ret
