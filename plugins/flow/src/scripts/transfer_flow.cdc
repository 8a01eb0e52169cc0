import FungibleToken from {FungibleToken}
import FlowToken from {FlowToken}

transaction(amount: UFix64, recipient: Address) {
    let sent: @{FungibleToken.Vault}

    prepare(sender: auth(BorrowValue) &Account) {
        let vault = sender.storage.borrow<auth(FungibleToken.Withdraw) &FlowToken.Vault>(from: /storage/flowTokenVault)
            ?? panic("the sender has no FlowToken vault")
        self.sent <- vault.withdraw(amount: amount)
    }

    execute {
        let receiver = getAccount(recipient).capabilities.borrow<&{FungibleToken.Receiver}>(/public/flowTokenReceiver)
            ?? panic("the recipient cannot receive FlowToken")
        receiver.deposit(from: <-self.sent)
    }
}
