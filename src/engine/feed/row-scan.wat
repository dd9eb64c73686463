;; Reads rows of a COMPACT frame: `"SYMBOL",number,number,…` again and again. row-scan.ts is its one
;; caller and says what it promises; row-scan-wasm.ts holds what `node scripts/wasm.ts` makes of this.
;;
;;   0        128      256    512                                    (bytes)
;;   +--------+--------+------+-------+-------+---------+---------+--------+-------+--------+
;;   | powers | cells  | plan | slots | texts | symbols | numbers | window | slack | wholes |
;;   +--------+--------+------+-------+-------+---------+---------+--------+-------+--------+
;;
;; - powers: 10^0 to 10^8 as doubles.
;; - cells: how many events there are, and behind it a double for numbers that nobody wants.
;; - plan: for each column a byte: 0 the symbol, 1 to 4 a number and its place, -1 one to be skipped.
;; - slots: open addressing by hash; number of a text + 1, or 0. texts: entries of 8 bytes (place of
;;   the bytes, length), then the bytes of all.
;; - symbols (int32) and numbers (4 doubles): by event, for whoever reads what was found.
;; - window: bytes of the frame at hand. Bytes behind its end are looked at, up to the slack, and
;;   never taken: what is left of an earlier frame cannot become part of this one.
;; - wholes (4 int32): by event, its numbers as a quote's where they are plainly that: the first two as
;;   prices in ten-thousandths, the others as they are. -1 in the first where they are not.
(module
  ;; Any JSON number, by way of number-text.ts: (place, cell) -> the place behind it, or -1.
  (import "numbers" "readAny" (func $readAny (param i32 i32) (result i32)))
  (memory (export "memory") 22 22)

  (global $powers i32 (i32.const 0))
  (global $count (export "count") i32 (i32.const 128))
  (global $spare (export "spare") i32 (i32.const 136))
  (global $plan (export "plan") i32 (i32.const 256))
  (global $slots (export "slots") i32 (i32.const 512))
  ;; 32,768 slots of 4 bytes, 8,192 entries of 8, 256 KB of text.
  (global $entries (export "entries") i32 (i32.const 131584))
  (global $texts (export "texts") i32 (i32.const 197120))
  ;; 16,384 events.
  (global $symbols (export "symbols") i32 (i32.const 459264))
  (global $numbers (export "numbers") i32 (i32.const 524800))
  (global $window (export "window") i32 (i32.const 1049088))
  (global $wholes (export "wholes") i32 (i32.const 1115136))

  ;; The high bit of each byte of $word that is zero; exact for the lowest one, which is what counts.
  (func $zeroBytes (param $word i64) (result i64)
    (i64.and
      (i64.and
        (i64.sub (local.get $word) (i64.const 0x0101010101010101))
        (i64.xor (local.get $word) (i64.const -1)))
      (i64.const 0x8080808080808080)))

  ;; The lowest $bytes bytes of a word, as a mask; for 0 to 7.
  (func $lowest (param $bytes i64) (result i64)
    (i64.sub
      (i64.shl (i64.const 1) (i64.shl (local.get $bytes) (i64.const 3)))
      (i64.const 1)))

  ;; The place of the lowest marked byte.
  (func $place (param $marks i64) (result i64)
    (i64.shr_u (i64.ctz (local.get $marks)) (i64.const 3)))

  ;; Eight digits, the first in the lowest byte: pairs, then fours, then all.
  (func $value (param $digits i64) (result i64)
    (local $pairs i64)
    (local.set $pairs
      (i64.add
        (i64.mul (local.get $digits) (i64.const 10))
        (i64.shr_u (local.get $digits) (i64.const 8))))
    (i64.shr_u
      (i64.add
        (i64.mul
          (i64.and (local.get $pairs) (i64.const 0x000000ff000000ff))
          (i64.const 0x000f424000000064))
        (i64.mul
          (i64.and
            (i64.shr_u (local.get $pairs) (i64.const 16))
            (i64.const 0x000000ff000000ff))
          (i64.const 0x0000271000000001)))
      (i64.const 32)))

  ;; Reads the $length characters at $at as a number into $cell. True where they are one that is read
  ;; here: up to seven digits, and one dot among them. So many digits and the powers up to 10^5 are
  ;; exact doubles, and the one division rounds once.
  (func $number (param $at i32) (param $length i64) (param $cell i32) (result i32)
    (local $text i64)
    (local $marks i64)
    (local $count i64)
    (local $fraction i64)
    (block $odd
      ;; 1 to 7
      (br_if $odd
        (i64.gt_u (i64.sub (local.get $length) (i64.const 1)) (i64.const 6)))
      ;; the last character in the highest byte, zeros below the first
      (local.set $text
        (i64.shl
          (i64.load align=1 (local.get $at))
          (i64.sub (i64.const 64) (i64.shl (local.get $length) (i64.const 3)))))
      (local.set $count (local.get $length))
      (local.set $marks
        (call $zeroBytes (i64.xor (local.get $text) (i64.const 0x2e2e2e2e2e2e2e2e))))
      (if (i64.ne (local.get $marks) (i64.const 0))
        (then
          (local.set $count (i64.sub (local.get $length) (i64.const 1)))
          ;; what is below the dot moves up into its place
          (local.set $fraction
            (i64.sub (i64.const 7) (i64.shr_u (i64.ctz (local.get $marks)) (i64.const 3))))
          (br_if $odd (i64.eqz (local.get $fraction)))
          (br_if $odd (i64.eq (local.get $fraction) (local.get $count)))
          ;; bits of the dot and below
          (local.set $marks (i64.xor (local.get $marks) (i64.sub (local.get $marks) (i64.const 1))))
          (local.set $text
            (i64.or
              (i64.and (local.get $text) (i64.xor (local.get $marks) (i64.const -1)))
              (i64.and (i64.shl (local.get $text) (i64.const 8)) (local.get $marks))))))
      ;; no zero before other digits
      (br_if $odd
        (i32.and
          (i32.eq (i32.load8_u (local.get $at)) (i32.const 0x30))
          (i64.gt_u (i64.sub (local.get $count) (local.get $fraction)) (i64.const 1))))
      (local.set $text
        (i64.xor
          (local.get $text)
          (i64.shl
            (i64.const 0x3030303030303030)
            (i64.sub (i64.const 64) (i64.shl (local.get $count) (i64.const 3))))))
      ;; nothing but digits
      (br_if $odd
        (i64.ne
          (i64.and
            (i64.or
              (i64.add (local.get $text) (i64.const 0x7676767676767676))
              (local.get $text))
            (i64.const 0x8080808080808080))
          (i64.const 0)))
      (f64.store
        (local.get $cell)
        (f64.div
          (f64.convert_i64_s (call $value (local.get $text)))
          (f64.load
            (i32.add
              (global.get $powers)
              (i32.wrap_i64 (i64.shl (local.get $fraction) (i64.const 3)))))))
      (return (i32.const 1)))
    (i32.const 0))

  ;; A bit for each of the 64 bytes at $at that is a comma.
  (func $commas (param $at i32) (result i64)
    (i64.or
      (i64.or
        (i64.extend_i32_u
          (i8x16.bitmask
            (i8x16.eq
              (v128.load align=1 (local.get $at))
              (i8x16.splat (i32.const 0x2c)))))
        (i64.shl
          (i64.extend_i32_u
            (i8x16.bitmask
              (i8x16.eq
                (v128.load offset=16 align=1 (local.get $at))
                (i8x16.splat (i32.const 0x2c)))))
          (i64.const 16)))
      (i64.or
        (i64.shl
          (i64.extend_i32_u
            (i8x16.bitmask
              (i8x16.eq
                (v128.load offset=32 align=1 (local.get $at))
                (i8x16.splat (i32.const 0x2c)))))
          (i64.const 32))
        (i64.shl
          (i64.extend_i32_u
            (i8x16.bitmask
              (i8x16.eq
                (v128.load offset=48 align=1 (local.get $at))
                (i8x16.splat (i32.const 0x2c)))))
          (i64.const 48)))))

  ;; The hash of the $length bytes at $at, by the last eight of them: option symbols differ there, most
  ;; of all in the very last, which a product carries into few bits unless they are moved down first.
  (func $hash (export "hash") (param $at i32) (param $length i32) (result i32)
    (local $tail i64)
    (local.set $tail
      (if (result i64) (i32.ge_u (local.get $length) (i32.const 8))
        (then
          (i64.load align=1
            (i32.sub (i32.add (local.get $at) (local.get $length)) (i32.const 8))))
        (else
          (i64.and
            (i64.load align=1 (local.get $at))
            (call $lowest (i64.extend_i32_u (local.get $length)))))))
    (i32.wrap_i64
      (i64.shr_u
        (i64.mul
          (i64.xor (local.get $tail) (i64.shr_u (local.get $tail) (i64.const 32)))
          (i64.const 0x9e3779b97f4a7c15))
        (i64.const 40))))

  ;; True where the $length bytes at $left and $right are the same.
  (func $same (param $left i32) (param $right i32) (param $length i32) (result i32)
    (block $differ
      (block $rest
        (loop $words
          (br_if $rest (i32.lt_u (local.get $length) (i32.const 8)))
          (br_if $differ
            (i64.ne (i64.load align=1 (local.get $left)) (i64.load align=1 (local.get $right))))
          (local.set $left (i32.add (local.get $left) (i32.const 8)))
          (local.set $right (i32.add (local.get $right) (i32.const 8)))
          (local.set $length (i32.sub (local.get $length) (i32.const 8)))
          (br $words)))
      (return
        (i64.eqz
          (i64.and
            (i64.xor
              (i64.load align=1 (local.get $left))
              (i64.load align=1 (local.get $right)))
            (call $lowest (i64.extend_i32_u (local.get $length)))))))
    (i32.const 0))

  ;; The number of the text of $length bytes at $at; -1 for one that is not in the table, whose slots
  ;; are $mask + 1.
  (func $symbol (param $at i32) (param $length i32) (param $mask i32) (result i32)
    (local $slot i32)
    (local $number i32)
    (local $entry i32)
    (block $unknown
      (local.set $slot (call $hash (local.get $at) (local.get $length)))
      (loop $probe
        (local.set $slot (i32.and (local.get $slot) (local.get $mask)))
        (local.set $number
          (i32.sub
            (i32.load
              (i32.add (global.get $slots) (i32.shl (local.get $slot) (i32.const 2))))
            (i32.const 1)))
        (br_if $unknown (i32.lt_s (local.get $number) (i32.const 0)))
        (local.set $entry
          (i32.add (global.get $entries) (i32.shl (local.get $number) (i32.const 3))))
        (if (i32.eq (i32.load offset=4 (local.get $entry)) (local.get $length))
          (then
            (if (call $same
                  (i32.load (local.get $entry))
                  (local.get $at)
                  (local.get $length))
              (then (return (local.get $number))))))
        (local.set $slot (i32.add (local.get $slot) (i32.const 1)))
        (br $probe)))
    (i32.const -1))

  ;; Writes the numbers of the events from $event up to $last as quotes' to wholes, or -1 where they are
  ;; not plainly one: prices of no side (0) or of 1/10,000 up to 2^30 of them, whole sizes. From 1 on
  ;; half added and cut off is how Math.round rounds; what is below, and is not 0, is left to it. A
  ;; pass of its own: two numbers just stored one by one are not loaded as a pair without a wait.
  (func $quotes (param $event i32) (param $last i32)
    (local $cells i32)
    (local $whole i32)
    (local $prices v128)
    (local $sizes v128)
    (local $counts v128)
    (local.set $cells
      (i32.add (global.get $numbers) (i32.shl (local.get $event) (i32.const 5))))
    (local.set $whole
      (i32.add (global.get $wholes) (i32.shl (local.get $event) (i32.const 4))))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $event) (local.get $last)))
        (local.set $prices
          (f64x2.mul (v128.load (local.get $cells)) (f64x2.splat (f64.const 10000))))
        (local.set $sizes (v128.load offset=16 (local.get $cells)))
        (local.set $counts (i32x4.trunc_sat_f64x2_s_zero (local.get $sizes)))
        (if (i64x2.all_true
              (v128.and
                (v128.or
                  (f64x2.eq (local.get $prices) (f64x2.splat (f64.const 0)))
                  (v128.and
                    (f64x2.ge (local.get $prices) (f64x2.splat (f64.const 1)))
                    (f64x2.le (local.get $prices) (f64x2.splat (f64.const 1073741824)))))
                (v128.and
                  (f64x2.ge (local.get $sizes) (f64x2.splat (f64.const 0)))
                  (f64x2.eq
                    (f64x2.convert_low_i32x4_s (local.get $counts))
                    (local.get $sizes)))))
          (then
            (v128.store (local.get $whole)
              (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
                (i32x4.trunc_sat_f64x2_s_zero
                  (f64x2.floor
                    (f64x2.add (local.get $prices) (f64x2.splat (f64.const 0.5)))))
                (local.get $counts))))
          (else (i32.store (local.get $whole) (i32.const -1))))
        (local.set $cells (i32.add (local.get $cells) (i32.const 32)))
        (local.set $whole (i32.add (local.get $whole) (i32.const 16)))
        (local.set $event (i32.add (local.get $event) (i32.const 1)))
        (br $more))))

  ;; Reads rows behind the separator at $from, and counts their events, until one holds anything that
  ;; is not read here, is not whole before $last, is the last, or is event $most. Returns the separator
  ;; behind the last one read. Values end at commas, which are looked for 64 bytes at a time: where the
  ;; next one begins is known before this one is read. One long function, since V8 makes none of this
  ;; size part of another.
  (func (export "rows")
    (param $from i32) (param $last i32) (param $most i32) (param $width i32) (param $mask i32)
    (result i32)
    (local $event i32)
    (local $at i32)
    (local $column i32)
    (local $wanted i32)
    (local $cells i32)
    (local $cell i32)
    (local $found i32)
    (local $base i32)
    (local $commas i64)
    (local $end i32)
    (local $byte i32)
    (local.set $event (i32.load (global.get $count)))
    (block $odd
      (loop $more
        (br_if $odd (i32.ge_u (local.get $event) (local.get $most)))
        (local.set $at (i32.add (local.get $from) (i32.const 1)))
        (local.set $column (i32.const 0))
        (local.set $found (i32.const -1))
        (local.set $cells
          (i32.add (global.get $numbers) (i32.shl (local.get $event) (i32.const 5))))
        (v128.store (local.get $cells) (f64x2.splat (f64.const nan)))
        (v128.store offset=16 (local.get $cells) (f64x2.splat (f64.const nan)))
        (local.set $base (local.get $at))
        (local.set $commas (call $commas (local.get $at)))
        (loop $columns
          (if (i64.eqz (local.get $commas))
            (then
              (local.set $base (local.get $at))
              (local.set $commas (call $commas (local.get $at)))))
          ;; without a comma in sight this is 64 bytes on
          (local.set $end
            (i32.add (local.get $base) (i32.wrap_i64 (i64.ctz (local.get $commas)))))
          (local.set $wanted
            (i32.load8_s (i32.add (global.get $plan) (local.get $column))))
          (if (i32.eqz (local.get $wanted))
            (then
              ;; quotes around what is between here and there
              (br_if $odd (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x22)))
              (br_if $odd
                (i32.ne
                  (i32.load8_u (i32.sub (local.get $end) (i32.const 1)))
                  (i32.const 0x22)))
              (br_if $odd
                (i32.lt_s (i32.sub (local.get $end) (local.get $at)) (i32.const 3)))
              (local.set $found
                (call $symbol
                  (i32.add (local.get $at) (i32.const 1))
                  (i32.sub (i32.sub (local.get $end) (local.get $at)) (i32.const 2))
                  (local.get $mask)))
              (br_if $odd (i32.lt_s (local.get $found) (i32.const 0))))
            (else
              (local.set $cell
                (if (result i32) (i32.gt_s (local.get $wanted) (i32.const 0))
                  (then
                    (i32.add
                      (i32.sub (local.get $cells) (i32.const 8))
                      (i32.shl (local.get $wanted) (i32.const 3))))
                  (else (global.get $spare))))
              (if (i32.eqz
                    (call $number
                      (local.get $at)
                      (i64.extend_i32_u (i32.sub (local.get $end) (local.get $at)))
                      (local.get $cell)))
                (then
                  (if (i64.eq
                        (i64.and
                          (i64.load align=1 (local.get $at))
                          (i64.const 0x000000ffffffffff))
                        (i64.const 0x224e614e22))
                    (then
                      ;; "NaN": the number is absent, and the cell says so
                      (f64.store (local.get $cell) (f64.const nan))
                      (local.set $end (i32.add (local.get $at) (i32.const 5))))
                    (else
                      (local.set $end (call $readAny (local.get $at) (local.get $cell)))
                      (br_if $odd (i32.lt_s (local.get $end) (i32.const 0)))))
                  ;; it may have ended elsewhere than at the comma: look anew
                  (local.set $base (local.get $end))
                  (local.set $commas (call $commas (local.get $end)))))))
          (local.set $at (local.get $end))
          (local.set $column (i32.add (local.get $column) (i32.const 1)))
          (if (i32.lt_u (local.get $column) (local.get $width))
            (then
              (br_if $odd (i32.ne (i32.load8_u (local.get $at)) (i32.const 0x2c)))
              (local.set $at (i32.add (local.get $at) (i32.const 1)))
              ;; the comma just passed
              (local.set $commas
                (i64.and (local.get $commas) (i64.sub (local.get $commas) (i64.const 1))))
              (br $columns))))
        (br_if $odd (i32.lt_s (local.get $found) (i32.const 0)))
        (br_if $odd (i32.ge_u (local.get $at) (local.get $last)))
        (local.set $byte (i32.load8_u (local.get $at)))
        (if (i32.ne (local.get $byte) (i32.const 0x2c))
          (then (br_if $odd (i32.ne (local.get $byte) (i32.const 0x5d)))))
        (i32.store
          (i32.add (global.get $symbols) (i32.shl (local.get $event) (i32.const 2)))
          (local.get $found))
        (local.set $event (i32.add (local.get $event) (i32.const 1)))
        (local.set $from (local.get $at))
        (br_if $more (i32.eq (local.get $byte) (i32.const 0x2c)))))
    (call $quotes (i32.load (global.get $count)) (local.get $event))
    (i32.store (global.get $count) (local.get $event))
    (local.get $from)))
