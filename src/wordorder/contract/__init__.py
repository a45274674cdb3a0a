"""What every position scheme promises, as checks that raise AssertionError with figures.

    python -m wordorder.contract my_package.my_scheme

holds a scheme of any package to it. In Python, each check in CHECKS is called with a Bench that makes the scheme.
"""

from collections.abc import Callable

from wordorder.contract import decoding, kernels, limits, promises, weights
from wordorder.contract.bench import Bench

Check = Callable[[Bench], None]

CHECKS: tuple[Check, ...] = (
    promises.later_tokens_change_no_bit_of_earlier_outputs,
    promises.orders_says_whether_one_layer_tells_a_shuffled_past,
    promises.reads_ids_says_whether_ids_three_times_as_far_apart_matter,
    promises.ids_between_whole_numbers_count_unless_whole_ids,
    promises.shift_invariant_says_whether_ids_plus_a_constant_change_anything,
    promises.length_free_says_whether_an_output_depends_on_the_length,
    promises.content_says_whether_the_bias_reads_queries_keys_or_the_input,
    promises.reads_qk_says_whether_the_bias_reads_queries_or_keys,
    promises.keeps_width_says_whether_queries_and_keys_stay_as_wide_as_a_head,
    promises.additive_says_whether_the_change_is_one_of_adding,
    limits.a_limit_is_refused_before_any_tensor_is_read,
    limits.inputs_up_to_the_limit_are_taken,
    limits.a_limit_holds_while_decoding,
    kernels.kernels_agree_in_values_and_gradients,
    kernels.dense_is_explicit,
    kernels.a_kernel_that_cannot_serve_is_refused_by_name,
    kernels.the_fused_kernel_is_refused_where_the_softmax_is_replaced,
    kernels.one_score_at_a_time_is_that_of_the_whole_grid,
    kernels.own_parameters_have_the_gradient_of_finite_differences,
    kernels.every_own_parameter_learns,
    kernels.hooks_run_with_autocast_off,
    kernels.queries_and_keys_keep_the_dtype_that_they_have,
    decoding.decoding_in_uneven_pieces_equals_the_whole,
    decoding.documents_packed_into_a_row_equal_documents_apart,
    decoding.padding_on_the_right_changes_nothing,
    decoding.neighbours_in_a_batch_change_nothing,
    decoding.each_row_has_the_ids_that_it_was_given,
    weights.the_scheme_shifts_no_weight_but_its_own,
    weights.own_weights_are_a_function_of_the_seed,
    weights.nothing_that_can_be_computed_is_saved,
)


def sentence(check: Check) -> str:
    """The name of a check as words."""
    return check.__name__.replace("_", " ")
