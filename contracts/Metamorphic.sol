// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Deploys whatever code it chooses at one and the same address: the init code asks its creator what to be.
contract MetamorphicFactory {
    address public template;
    uint256 public deployments;

    event Deployed(bytes32 indexed salt, address child, uint256 result);

    error Occupied(bytes32 salt);

    /// Fails where a child stands at the address still.
    function deploy(bytes32 salt, address template_) public returns (Body child) {
        template = template_;
        deployments++;
        bytes memory init = type(MetamorphicInit).creationCode;
        assembly ("memory-safe") {
            child := create2(0, add(init, 32), mload(init), salt)
        }
        if (address(child) == address(0)) revert Occupied(salt);
        emit Deployed(salt, address(child), child.poke());
    }

    /// Makes a child, uses it and destroys it within the transaction.
    function flash(bytes32 salt, address template_, address payable heir) external payable {
        Body child = deploy(salt, template_);
        child.feed{value: msg.value}();
        child.destroy(heir);
    }
}

/// Init code only: becomes a copy of its creator's template.
contract MetamorphicInit {
    constructor() {
        bytes memory code = MetamorphicFactory(msg.sender).template().code;
        assembly {
            return(add(code, 32), mload(code))
        }
    }
}

/// A child that counts and can destroy itself.
abstract contract Body {
    uint256 public pokes;

    function poke() external virtual returns (uint256);

    function feed() external payable {}

    function destroy(address payable heir) external {
        selfdestruct(heir);
    }
}

contract BodyA is Body {
    function poke() external override returns (uint256) {
        return pokes += 1;
    }
}

contract BodyB is Body {
    function poke() external override returns (uint256) {
        return pokes += 100;
    }
}
