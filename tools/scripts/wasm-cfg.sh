# Sourced. How crates are told apart from what they choose by themselves, in what is deployed and in what tests it.
#
# A VM multiplies 32 by 32 bits in one instruction, and 64 by 64 to 128 in a function call: an attestation document costs
# a seventh less gas in limbs of 32 bits, which the arithmetic of P-384 does not choose for wasm.
wasm_cfg=(--cfg 'cpubits="32"')
