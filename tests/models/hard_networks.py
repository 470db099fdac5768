"""Graph nodes that make a network slow, endless or memory-hungry, to be added to a tiny bundle's (`beside`)."""

from onnx import NodeProto, TensorProto, helper


def slow_loop(turns: int) -> list[NodeProto]:
    """A loop of so many turns; each takes a few microseconds at most."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["on"], ["still_on"]),
            helper.make_node("Sin", ["before"], ["after"]),
        ],
        "turn",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("before", TensorProto.FLOAT, []),
        ],
        [
            helper.make_tensor_value_info("still_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("after", TensorProto.FLOAT, []),
        ],
    )
    return [
        _constant("turns", TensorProto.INT64, turns),
        _constant("begin", TensorProto.BOOL, value=True),
        _constant("from", TensorProto.FLOAT, 0.0),
        helper.make_node("Loop", ["turns", "begin", "from"], ["nothing"], body=body),
    ]


def large_allocation(megabytes: int) -> list[NodeProto]:
    """The mean of so many megabytes of zeros."""
    count = helper.make_tensor("count", TensorProto.INT64, [1], [megabytes * 1_000_000 // 4])
    return [
        helper.make_node("Constant", [], ["count"], value=count),
        helper.make_node("ConstantOfShape", ["count"], ["zeros"]),
        _constant("axis", TensorProto.INT64, 0),
        helper.make_node("CumSum", ["zeros", "axis"], ["sums"]),
        helper.make_node("ReduceMean", ["sums"], ["nothing"], keepdims=0),
    ]


def _constant(name: str, kind: int, value: float) -> NodeProto:
    return helper.make_node("Constant", [], [name], value=helper.make_tensor(name, kind, [], [value]))
