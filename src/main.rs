//! x
fn main() {
    tch::set_num_threads(2);
}
