#pragma once

namespace inferno::store {

// exp and log that give the same bits on every machine: they use only the basic
// operations, which IEEE 754 defines exactly, while libm's differ between versions.
// What is predicted with them when writing must be predicted again when reading.
// Accurate to about 1e-15; for finite arguments in ±700, and for positive finite ones.
double exact_exp(double x);
double exact_log(double x);

}  // namespace inferno::store
