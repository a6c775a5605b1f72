package wire

import "math/bits"

// Code says how the integers of one column of an itemised group are written: integer u as the Rice code of u − Base
// with parameter K (0 to 63).
type Code struct {
	K    uint
	Base uint64
}

// From this quotient on, an integer is written in full.
const escape = 32

// ShortestCode returns the code in which the integers take the fewest bits, those of the code included. Tried are no
// base and the least integer as base; of equals, no base comes first, then the smaller parameter.
func ShortestCode(integers []uint64) Code {
	plain, plainBits := shortestFrom(0, integers)
	if len(integers) == 0 {
		return plain
	}
	least := integers[0]
	for _, integer := range integers {
		least = min(least, integer)
	}
	based, basedBits := shortestFrom(least, integers)
	if least == 0 || basedBits+8*len(uvarint(nil, least)) >= plainBits {
		return plain
	}
	return based
}

func shortestCodes(units []Units) *[2]Code {
	var in, out []uint64
	for _, u := range units {
		in, out = append(in, u.In), append(out, u.Out)
	}
	return &[2]Code{ShortestCode(in), ShortestCode(out)}
}

func shortestFrom(base uint64, integers []uint64) (best Code, fewest int) {
	fewest = -1
	for k := range uint(64) {
		sum := 0
		for _, integer := range integers {
			if quotient := (integer - base) >> k; quotient < escape {
				sum += int(quotient) + 1 + int(k)
			} else {
				sum += escape + 64
			}
		}
		if fewest < 0 || sum < fewest {
			best, fewest = Code{k, base}, sum
		}
	}
	return best, fewest
}

// appendItems appends codes and bits of an itemised group.
func appendItems(bytes []byte, in, out Code, units []Units) []byte {
	for _, code := range []Code{in, out} {
		if code.Base == 0 {
			bytes = uvarint(bytes, uint64(code.K))
		} else {
			bytes = uvarint(bytes, uint64(code.K)+64, code.Base)
		}
	}
	var stream bitStream
	for _, u := range units {
		stream.integer(in, u.In)
		stream.integer(out, u.Out)
	}
	return append(bytes, stream.bytes...)
}

// bitStream fills bytes from their highest bit; the bits that are never written stay zero.
type bitStream struct {
	bytes []byte
	count int
}

func (s *bitStream) integer(code Code, integer uint64) {
	rest := integer - code.Base
	quotient := rest >> code.K
	if quotient >= escape {
		s.bits(1<<escape-1, escape)
		s.bits(rest, 64)
		return
	}
	s.bits(1<<(quotient+1)-2, uint(quotient)+1)
	s.bits(rest, code.K)
}

// bits appends the low bits of a value, the highest of them first.
func (s *bitStream) bits(value uint64, width uint) {
	value = bits.Reverse64(value << (64 - width))
	for range width {
		if s.count%8 == 0 {
			s.bytes = append(s.bytes, 0)
		}
		s.bytes[s.count/8] |= byte(value&1) << (7 - s.count%8)
		s.count++
		value >>= 1
	}
}
